// The same ledger through @hyperledger/fabric-gateway's block events: as the SDK hands blocks over ('blocks'), or decoded
// with Fabric's own classes down to each valid chaincode event, as an application must ('events').
// Prints {"events", "cpu_seconds", "wall_seconds", "rss_mib"}. Arguments: ADDRESS CREDENTIALS BLOCKS blocks|events.
'use strict';
const crypto = require('crypto');
const fs = require('fs');
const grpc = require('@grpc/grpc-js');
const {connect, signers} = require('@hyperledger/fabric-gateway');
const {common, peer} = require('@hyperledger/fabric-protos');

// The chaincode events of a block's valid transactions.
function eventsOf(block) {
  const events = [];
  const codes = block.getMetadata().getMetadataList_asU8()[common.BlockMetadataIndex.TRANSACTIONS_FILTER];
  block.getData().getDataList_asU8().forEach((bytes, index) => {
    if (codes[index] !== peer.TxValidationCode.VALID) return;
    const payload = common.Payload.deserializeBinary(common.Envelope.deserializeBinary(bytes).getPayload_asU8());
    const header = common.ChannelHeader.deserializeBinary(payload.getHeader().getChannelHeader_asU8());
    if (header.getType() !== common.HeaderType.ENDORSER_TRANSACTION) return;
    for (const action of peer.Transaction.deserializeBinary(payload.getData_asU8()).getActionsList()) {
      const endorsed = peer.ChaincodeActionPayload.deserializeBinary(action.getPayload_asU8()).getAction();
      const response = peer.ProposalResponsePayload.deserializeBinary(endorsed.getProposalResponsePayload_asU8());
      const chaincode = peer.ChaincodeAction.deserializeBinary(response.getExtension_asU8());
      const event = peer.ChaincodeEvent.deserializeBinary(chaincode.getEvents_asU8());
      if (event.getEventName()) events.push(event);
    }
  });
  return events;
}

async function main() {
  const [address, credentials, blocks, what] = process.argv.slice(2);
  const read = (name) => fs.readFileSync(`${credentials}/${name}`);
  const client = new grpc.Client(address, grpc.credentials.createSsl(read('tlsca.pem')), {
    'grpc.ssl_target_name_override': 'peer0.org1.example.com',
    'grpc.max_receive_message_length': -1,
  });
  const gateway = connect({
    client,
    identity: {mspId: 'Org1MSP', credentials: read('user.pem')},
    signer: signers.newPrivateKeySigner(crypto.createPrivateKey(read('user.key'))),
  });
  const network = gateway.getNetwork('ch1');
  const before = process.cpuUsage();
  const began = process.hrtime.bigint();
  const stream = await network.getBlockEvents({startBlock: 0n});
  let left = Number(blocks);
  let events = 0;
  for await (const block of stream) {
    if (what === 'events') events += eventsOf(block).length;
    if (--left === 0) break;
  }
  stream.close();
  const used = process.cpuUsage(before);
  console.log(JSON.stringify({
    events,
    cpu_seconds: (used.user + used.system) / 1e6,
    wall_seconds: Number(process.hrtime.bigint() - began) / 1e9,
    rss_mib: process.resourceUsage().maxRSS / 1024,
  }));
  gateway.close();
  client.close();
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
