// The ways in which handlers give their answer.
exports.promise = (event) => Promise.resolve(event);
exports.callback = (event, context, callback) => setTimeout(() => callback(null, event), 5);
exports.error = (event, context, callback) => callback(new RangeError('too far'));
exports.early = (event, context, callback) => {
  context.callbackWaitsForEmptyEventLoop = false;
  setInterval(() => {}, 1000);
  callback(null, 'early');
};
exports.done = (event, context) => context.done(null, 'done');
exports.nothing = () => {};
exports.nested = {deep: {handler: async () => 'deep'}};
exports.rejects = async () => { throw 'a string'; };
exports.later = async () => { setImmediate(() => { throw new Error('out of nowhere'); }); await new Promise(() => {}); };
