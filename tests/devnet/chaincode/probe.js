// A chaincode that does as it is told, on whichever fabric-shim it is given.
'use strict';

module.exports = (shim) => {
  const listed = async (results, of) => {
    const out = [];
    for (;;) {
      const {value, done} = await results.next();
      if (value) out.push(of(value));
      if (done) break;
    }
    await results.close();
    return out;
  };
  const json = (value) => Buffer.from(JSON.stringify(value));
  const functions = {
    put: async (stub, key, value) => { await stub.putState(key, Buffer.from(value)); },
    get: (stub, key) => stub.getState(key),
    del: async (stub, key) => { await stub.deleteState(key); },
    event: async (stub, name, payload) => {
      stub.setEvent(name, Buffer.from(payload));
      await stub.putState('last', Buffer.from(payload));
    },
    fill: async (stub, count) => {
      for (let i = 0; i < Number(count); ++i) await stub.putState(`r${String(i).padStart(5, '0')}`, Buffer.from(`v${i}`));
    },
    range: async (stub, from, to) => json(await listed(await stub.getStateByRange(from, to), (one) => one.key)),
    page: async (stub, from, to, size, bookmark) => {
      const {iterator, metadata} = await stub.getStateByRangeWithPagination(from, to, Number(size), bookmark);
      return json({keys: await listed(iterator, (one) => one.key), bookmark: metadata.bookmark});
    },
    history: async (stub, key) => json(await listed(await stub.getHistoryForKey(key), (one) => one.value.toString('utf8'))),
    composite: async (stub, ...parts) => {
      const key = stub.createCompositeKey('pair', parts);
      await stub.putState(key, Buffer.from('c'));
      return Buffer.from(key);
    },
    who: (stub) => json({msp: stub.getCreator().mspid, tx: stub.getTxID(), channel: stub.getChannelID()}),
    call: async (stub, chaincode, ...args) => {
      const answer = await stub.invokeChaincode(chaincode, args.map((arg) => Buffer.from(arg)), '');
      return json({status: answer.status, payload: Buffer.from(answer.payload).toString()});
    },
    rich: async (stub, query) => json(await listed(await stub.getQueryResult(query), (one) => one.key)),
  };
  class Probe {
    async Init() {
      return shim.success();
    }
    async Invoke(stub) {
      const [name, ...args] = stub.getArgs();
      if (name === 'crash') process.exit(1);
      if (name === 'fail') return shim.error(args[0]);
      if (!functions[name]) return shim.error(`no function ${name}`);
      try {
        return shim.success(await functions[name](stub, ...args));
      } catch (error) {
        return shim.error(error.message);
      }
    }
  }
  shim.start(new Probe());
};
