// Does what its event says.
let count = 0;
exports.handler = async (event, context) => {
  count += 1;
  console.log('event', JSON.stringify(event));
  if (event.fail) throw new TypeError(event.fail);
  if (event.exit) process.exit(event.exit);
  if (event.sleep) await new Promise((resolve) => setTimeout(resolve, event.sleep));
  if (event.eat) globalThis.hog = Array.from({length: event.eat}, () => Buffer.alloc(1 << 20, 1));
  return {
    count, event, colour: process.env.COLOUR, client: context.clientContext, id: context.awsRequestId, arn: context.invokedFunctionArn,
    left: context.getRemainingTimeInMillis(), name: context.functionName, memory: context.memoryLimitInMB,
  };
};
