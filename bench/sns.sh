# ./dev bench sns: Publish to 100 filtered subscriptions of which one matches, belfry beside fauxqs, goaws and moto.
exec python3 bench/sns.py "$@"
