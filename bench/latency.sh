# ./dev bench latency: commit at the peer to SMS handed over, at 100 events/s.
exec python3 bench/latency.py
