#!/usr/bin/env python3
"""The SDK as its users get it: installs it from a build folder, builds the project in outside/ against it, and runs that
project's test and program.

    install_test.py BUILD CXX
"""
import pathlib
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent


def run(*command, code=0):
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True)
    if done.returncode != code:
        sys.exit(f"{' '.join(map(str, command))} ended with {done.returncode}:\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}")
    return done.stdout + done.stderr


def main(build, compiler):
    with tempfile.TemporaryDirectory(prefix="chaincode-sdk-") as place:
        place = pathlib.Path(place)
        run("cmake", "--install", build, "--component", "chaincode-sdk", "--prefix", place / "sdk")
        text = "".join(path.read_text() for path in (place / "sdk/include").rglob("*.h"))
        assert ".pb.h" not in text and "grpc" not in text.lower(), "a public header knows of protobuf or gRPC"
        run("cmake", "-S", HERE / "outside", "-B", place / "build", "-G", "Ninja", f"-DCMAKE_PREFIX_PATH={place / 'sdk'}",
            f"-DCMAKE_CXX_COMPILER={compiler}", "-Wno-dev")
        run("cmake", "--build", place / "build", "-j", "2")
        assert "all as expected" in run(place / "build/counter_test")
        assert "CHAINCODE_SERVER_ADDRESS" in run(place / "build/counter", "--help")
        assert "CORE_CHAINCODE_ID_NAME" in run("env", "-u", "CORE_CHAINCODE_ID_NAME", place / "build/counter", code=2)


if __name__ == "__main__":
    main(*sys.argv[1:])
