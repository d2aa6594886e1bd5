# ./dev bench listeners: a thousand listeners on one channel beside one.
exec build/bench/listeners
