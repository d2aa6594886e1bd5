import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import software.amazon.event.ruler.Machine;

/** event-ruler, on the files that `match_bench --write` leaves: Peer PATTERNS EVENTS. */
public class Peer {
  /** The processor time of this thread in seconds, as belfry's own benchmark takes it. */
  static double now() {
    return ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime() * 1e-9;
  }

  public static void main(String[] arguments) throws Exception {
    List<String> patterns = Files.readAllLines(Path.of(arguments[0]));
    List<String> events = Files.readAllLines(Path.of(arguments[1]));
    double start = now();
    Machine machine = new Machine();
    for (int i = 0; i < patterns.size(); ++i) {
      machine.addRule(Integer.toString(i), patterns.get(i));
    }
    double build = now() - start;
    run(machine, events, 2); // the compiler's share
    double[] measured = run(machine, events, 2);
    System.out.printf("%10.3f %12.0f %8.0f%n", build, measured[0], measured[1]);
  }

  static double[] run(Machine machine, List<String> events, double seconds) throws Exception {
    long done = 0, matched = 0;
    double start = now();
    while (now() - start < seconds) {
      matched = 0;
      for (String event : events) {
        matched += machine.rulesForJSONEvent(event).size();
        if (++done % 16 == 0 && now() - start > 5) {
          break; // so slow that one pass is too much
        }
      }
    }
    return new double[] {done / (now() - start), matched};
  }
}
