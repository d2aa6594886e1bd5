// The sample's handler: awaits one SendMessage per event. by_one.mjs ENDPOINT QUEUE_URL EVENTS
import { SQSClient, SendMessageCommand } from "@aws-sdk/client-sqs";

const [endpoint, QueueUrl, events] = process.argv.slice(2);
const sqs = new SQSClient({ endpoint });
const event = "x".repeat(500);
const send = async (count) => {
  for (let i = 0; i < count; ++i) await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: event }));
};
await send(200);
const start = performance.now();
await send(Number(events));
console.log(JSON.stringify({ per_second: Number(events) / ((performance.now() - start) / 1000) }));
