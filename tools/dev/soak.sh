# ./dev soak [NAME]: the long campaigns.
set -euo pipefail
if [ "${1:-}" = --help ]; then
  cat <<'TEXT'
./dev soak [crash|aws|devnet|power|load|fuzz]: long campaigns; all of them without a name

  crash  kill -9 at random moments over a ledger of 15,201 events; then everything is counted: 200 times with the outbox,
         60 with a real SMPP server, 60 of belfry and the peer it listens to
  aws    kill -9 under clients of the AWS-compatible endpoint, 300 times: queues, FIFO groups, dead letters, a topic
  devnet kill -9 of the devnet under load, 200 times; then the chain is counted against what clients were told
  power  1,000 seeded power losses under the queue: what was acknowledged must be there
  load   10,000 queues, 1,000,000 messages deep, 5,000 idle polls, subscribers that hang, fail and trickle
  fuzz   each fuzz target for ten minutes
TEXT
  exit 0
fi
bash tools/dev/build.sh release all
for name in ${*:-power crash aws devnet load fuzz}; do
  echo "== $name"
  case "$name" in
    crash)
      python3 tests/crash/campaign.py --kills 200
      python3 tests/crash/campaign.py --kills 60 --per-round 20 --smpp
      python3 tests/crash/campaign.py --kills 60 --per-round 20 --peer
      ;;
    aws) python3 tests/crash/aws_campaign.py --kills 300 ;;
    devnet) python3 tests/crash/devnet_campaign.py --kills 200 ;;
    power) build/tests/power_loss/power_loss --seeds 1000 ;;
    load) BELFRY=$PWD/build/belfry python3 tests/aws/load.py ;;
    fuzz) bash tools/dev/fuzz.sh --seconds 600 ;;
    *) echo "dev soak: there is no campaign '$name'" >&2; exit 2 ;;
  esac
done
