// Hyperledger's Java gateway client, as its users use it: java Client.java ADDRESS NAME MSPID CERTIFICATE KEY TLS_ROOT. Ends with 0
// when everything was as it should be.
import io.grpc.Grpc;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.TlsChannelCredentials;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.hyperledger.fabric.client.ChaincodeEvent;
import org.hyperledger.fabric.client.CloseableIterator;
import org.hyperledger.fabric.client.Contract;
import org.hyperledger.fabric.client.EndorseException;
import org.hyperledger.fabric.client.Gateway;
import org.hyperledger.fabric.client.GatewayException;
import org.hyperledger.fabric.client.Hash;
import org.hyperledger.fabric.client.Network;
import org.hyperledger.fabric.client.SubmittedTransaction;
import org.hyperledger.fabric.client.identity.Identities;
import org.hyperledger.fabric.client.identity.Signers;
import org.hyperledger.fabric.client.identity.X509Identity;
import org.hyperledger.fabric.protos.common.Block;

public class Client {
  private static void same(Object expected, Object actual) {
    if (!expected.equals(actual)) throw new AssertionError("expected " + expected + ", not " + actual);
  }

  private static String text(byte[] bytes) {
    return new String(bytes, StandardCharsets.UTF_8);
  }

  private static void transactions(Contract contract) throws Exception {
    contract.submitTransaction("put", "k", "v1");
    contract.submitTransaction("put", "k", "v2");
    same("v2", text(contract.evaluateTransaction("get", "k")));
    same("v2,v1", text(contract.evaluateTransaction("history", "k")));
    same("Org1MSP mychannel", text(contract.evaluateTransaction("who")));
    contract.submitTransaction("fill", "120");
    same("120", text(contract.evaluateTransaction("count")));
    contract.submitTransaction("count");  // a range that validation reads again
  }

  private static void failures(Contract contract) throws Exception {
    try {
      contract.evaluateTransaction("fail", "went wrong");
      throw new AssertionError("a failing chaincode was not told");
    } catch (GatewayException e) {
      same("chaincode response 500, went wrong", e.getDetails().get(0).getMessage());
    }
    try {
      contract.submitTransaction("fail", "went wrong");
      throw new AssertionError("a failing chaincode was not told");
    } catch (EndorseException e) {
      same(Status.Code.ABORTED, e.getStatus().getCode());
    }
  }

  private static void events(Network network, Contract contract) throws Exception {
    SubmittedTransaction first = contract.newProposal("event").addArguments("made", "1").build().endorse().submitAsync();
    same(true, first.getStatus().isSuccessful());
    contract.submitTransaction("event", "made", "2");
    long block = first.getStatus().getBlockNumber();
    try (CloseableIterator<ChaincodeEvent> events = network.newChaincodeEventsRequest(contract.getChaincodeName())
        .startBlock(block).build().getEvents()) {
      same("1", text(events.next().getPayload()));
      same("2", text(events.next().getPayload()));
    }
    try (CloseableIterator<Block> blocks = network.newBlockEventsRequest().startBlock(block).build().getEvents()) {
      same(block, blocks.next().getHeader().getNumber());
    }
  }

  public static void main(String[] args) throws Exception {
    X509Identity identity = new X509Identity(args[2], Identities.readX509Certificate(Files.newBufferedReader(Path.of(args[3]))));
    ManagedChannel channel = Grpc.newChannelBuilder(args[0], TlsChannelCredentials.newBuilder().trustManager(Path.of(args[5]).toFile()).build())
        .overrideAuthority(args[1]).build();
    try (Gateway gateway = Gateway.newInstance().identity(identity).hash(Hash.SHA256)
        .signer(Signers.newPrivateKeySigner(Identities.readPrivateKey(Files.newBufferedReader(Path.of(args[4])))))
        .connection(channel).connect()) {
      Network network = gateway.getNetwork("mychannel");
      Contract contract = network.getContract("probe");
      transactions(contract);
      failures(contract);
      events(network, contract);
    } finally {
      channel.shutdownNow().awaitTermination(10, TimeUnit.SECONDS);
    }
  }
}
