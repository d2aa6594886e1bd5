# ./dev bench chaincode: transactions per second through chaincode alone, our SDK beside the Node shim.
exec python3 bench/chaincode.py
