// As one writes it for Lambda: the client outside of the handler, the endpoint nowhere.
import {SendMessageCommand, SQSClient} from '@aws-sdk/client-sqs';

const sqs = new SQSClient({});

export const handler = async (event) => {
  for (const record of event.Records) {
    const {payload} = JSON.parse(record.body);
    const text = `${payload.createdBy} just donated $${payload.donationAmount} to our Non-Profit!`;
    await sqs.send(new SendMessageCommand({QueueUrl: process.env.TEXTS, MessageBody: JSON.stringify({text, by: 'v3'})}));
  }
  return {};
};
