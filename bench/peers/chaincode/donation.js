// createDonation with Fabric's Node shim, for bench/chaincode.py.
'use strict';
const shim = require('fabric-shim');

class Donations {
  async Init() {
    return shim.success();
  }
  async Invoke(stub) {
    const donation = JSON.parse(stub.getArgs()[1]);
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

shim.server(new Donations(), {ccid: process.env.CHAINCODE_ID, address: process.env.CHAINCODE_ADDRESS}).start();
