// The same with the AWS SDK for JavaScript v3: the client outside of the handler, the endpoint nowhere.
import {PublishCommand, SNSClient} from '@aws-sdk/client-sns';

const sns = new SNSClient({});

export const handler = async (event) => {
  for (const record of event.Records) {
    const {payload} = JSON.parse(record.body);
    const Message = `${payload.createdBy} just donated $${payload.donationAmount} to our Non-Profit!`;
    const MessageAttributes = {amount: {DataType: 'Number', StringValue: String(payload.donationAmount)}};
    await sns.send(new PublishCommand({TopicArn: process.env.TOPIC_ARN, Message, MessageAttributes}));
  }
  return {};
};
