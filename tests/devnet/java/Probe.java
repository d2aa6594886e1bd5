// A chaincode on Hyperledger's Java shim that does as it is told. It dials the devnet.
import java.util.ArrayList;
import java.util.List;
import org.hyperledger.fabric.contract.ClientIdentity;
import org.hyperledger.fabric.shim.ChaincodeBase;
import org.hyperledger.fabric.shim.ChaincodeStub;
import org.hyperledger.fabric.shim.ledger.KeyModification;
import org.hyperledger.fabric.shim.ledger.KeyValue;
import org.hyperledger.fabric.shim.ledger.QueryResultsIterator;

public class Probe extends ChaincodeBase {
  @Override
  public Response init(ChaincodeStub stub) {
    return new Response(Response.Status.SUCCESS, null, null);
  }

  @Override
  public Response invoke(ChaincodeStub stub) {
    List<String> args = stub.getParameters();
    switch (stub.getFunction()) {
      case "put":
        stub.putStringState(args.get(0), args.get(1));
        return answer("");
      case "get":
        return answer(stub.getStringState(args.get(0)));
      case "event":
        stub.setEvent(args.get(0), args.get(1).getBytes());
        stub.putStringState("last", args.get(1));
        return answer("");
      case "fill":
        for (int i = 0; i < Integer.parseInt(args.get(0)); ++i) stub.putStringState(String.format("r%05d", i), "v" + i);
        return answer("");
      case "count": {
        int count = 0;
        try (QueryResultsIterator<KeyValue> range = stub.getStateByRange("r", "s")) {
          for (KeyValue ignored : range) ++count;
        } catch (Exception e) {
          return failure(e.getMessage());
        }
        return answer(String.valueOf(count));
      }
      case "who":
        return answer(clientOf(stub) + " " + stub.getChannelId());
      case "history": {
        List<String> values = new ArrayList<>();
        try (QueryResultsIterator<KeyModification> history = stub.getHistoryForKey(args.get(0))) {
          for (KeyModification one : history) values.add(one.getStringValue());
        } catch (Exception e) {
          return failure(e.getMessage());
        }
        return answer(String.join(",", values));
      }
      default:
        return failure(args.isEmpty() ? "no function " + stub.getFunction() : args.get(0));
    }
  }

  private static String clientOf(ChaincodeStub stub) {
    try {
      return new ClientIdentity(stub).getMSPID();
    } catch (Exception e) {
      return e.getMessage();
    }
  }

  private static Response answer(String text) {
    return new Response(Response.Status.SUCCESS, null, text.getBytes());
  }

  private static Response failure(String text) {
    return new Response(Response.Status.INTERNAL_SERVER_ERROR, text, null);
  }

  public static void main(String[] args) {
    new Probe().start(args);
  }
}
