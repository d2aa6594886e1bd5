// A small contract as a service: put KEY VALUE writes, get KEY reads, event NAME PAYLOAD [KEY] also sets an event, fail
// MESSAGE fails; putPrivate COLLECTION KEY writes the transient `value`, getPrivate COLLECTION KEY reads it.
'use strict';
const shim = require('fabric-shim');

class Contract {
  async Init() {
    return shim.success();
  }
  async Invoke(stub) {
    const [name, ...args] = stub.getArgs();
    if (name === 'put') {
      await stub.putState(args[0], Buffer.from(args[1]));
    } else if (name === 'event') {
      stub.setEvent(args[0], Buffer.from(args[1]));
      await stub.putState(args[2] || 'last', Buffer.from(args[1]));
    } else if (name === 'get') {
      return shim.success(await stub.getState(args[0]));
    } else if (name === 'putPrivate') {
      await stub.putPrivateData(args[0], args[1], stub.getTransient().get('value'));
    } else if (name === 'getPrivate') {
      return shim.success(await stub.getPrivateData(args[0], args[1]));
    } else if (name === 'fail') {
      return shim.error(args[0]);
    } else {
      return shim.error(`no function ${name}`);
    }
    return shim.success();
  }
}

shim.server(new Contract(), {ccid: process.env.CHAINCODE_ID, address: process.env.CHAINCODE_ADDRESS}).start();
