// The donation application's createDonor, createNGO and createDonation with Fabric's Node shim, for chaincode.py and devnet.py.
'use strict';
const shim = require('fabric-shim');

class Donations {
  async Init() {
    return shim.success();
  }
  async Invoke(stub) {
    const [name, text] = stub.getArgs();
    if (name === 'queryAllNGOs') return shim.success(Buffer.from('[]')); // asked to see whether it is there
    const donation = JSON.parse(text);
    const made = {createDonor: `donor${donation.donorUserName}`, createNGO: `ngo${donation.ngoRegistrationNumber}`}[name];
    if (made) {
      await stub.putState(made, Buffer.from(text));
      return shim.success();
    }
    for (const key of [`ngo${donation.ngoRegistrationNumber}`, `donor${donation.donorUserName}`]) {
      if ((await stub.getState(key)).length === 0) return shim.error(Buffer.from(`there is no ${key}`));
    }
    const key = `donation${donation.donationId}`;
    if ((await stub.getState(key)).length > 0) return shim.error(Buffer.from(`${key} exists already`));
    donation.docType = 'donation';
    await stub.putState(key, Buffer.from(JSON.stringify(donation)));
    stub.setEvent('Donation created', Buffer.from(JSON.stringify({
      createdAt: stub.getTxTimestamp().seconds * 1000, createdBy: donation.donorUserName,
      donationAmount: donation.donationAmount, ngoRegistrationNumber: donation.ngoRegistrationNumber})));
    return shim.success();
  }
}

shim.server(new Donations(), {ccid: process.env.CORE_CHAINCODE_ID_NAME, address: process.env.CHAINCODE_SERVER_ADDRESS}).start();
