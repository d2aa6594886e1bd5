// As one writes it for Lambda: the client outside of the handler, the endpoint nowhere.
import {GetQueueUrlCommand, SendMessageCommand, SQSClient} from '@aws-sdk/client-sqs';

const sqs = new SQSClient({});
const {QueueUrl} = await sqs.send(new GetQueueUrlCommand({QueueName: process.env.TEXTS}));

export const handler = async (event) => {
  for (const record of event.Records) {
    const {payload} = JSON.parse(record.body);
    const text = `${payload.createdBy} just donated $${payload.donationAmount} to our Non-Profit!`;
    await sqs.send(new SendMessageCommand({QueueUrl, MessageBody: JSON.stringify({text, by: 'v3'})}));
  }
  return {};
};
