// The same with the AWS SDK for JavaScript v2, and a callback.
const AWS = require('aws-sdk');

const sqs = new AWS.SQS();
const url = sqs.getQueueUrl({QueueName: process.env.TEXTS}).promise();

exports.handler = (event, context, callback) => {
  const sends = event.Records.map(async (record) => {
    const {QueueUrl} = await url;
    const {payload} = JSON.parse(record.body);
    const text = `${payload.createdBy} gave $${payload.donationAmount}`;
    return sqs.sendMessage({QueueUrl, MessageBody: JSON.stringify({text, by: 'v2'})}).promise();
  });
  Promise.all(sends).then(() => callback(null, 'sent'), callback);
};
