// A contract as fabric-contract-api has them.
'use strict';
const {Contract} = require('fabric-contract-api');

class Things extends Contract {
  async create(context, id, value) {
    await context.stub.putState(id, Buffer.from(value));
    context.stub.setEvent('created', Buffer.from(id));
    return id;
  }
  async read(context, id) {
    const value = await context.stub.getState(id);
    if (value.length === 0) throw new Error(`there is no ${id}`);
    return value.toString();
  }
}
module.exports.contracts = [Things];
