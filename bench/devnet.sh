# ./dev bench devnet: how fast the devnet is up, commits and delivers, beside a real network where one is at hand.
exec python3 bench/devnet.py
