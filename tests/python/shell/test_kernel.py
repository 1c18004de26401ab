"""`pyrite kernel install` and `uninstall`."""

import json
import sys


def test_install_and_uninstall(python, tmp_path, environment):
    place = environment | {"JUPYTER_DATA_DIR": str(tmp_path)}
    done = python("-m", "pyrite", "kernel", "install", env=place)
    assert done.returncode == 0, done.stderr
    spec = json.loads((tmp_path / "kernels" / "pyrite" / "kernel.json").read_text())
    assert spec["display_name"] == "Python (Pyrite)"
    assert spec["argv"][:3] == [sys.executable, "-m", "pyrite.notebook"]
    assert spec["env"] == {"PYTHONHASHSEED": "0"}
    assert python("-m", "pyrite", "kernel", "uninstall", env=place).returncode == 0
    assert not (tmp_path / "kernels" / "pyrite").exists()
    done = python("-m", "pyrite", "kernel", "uninstall", env=place)
    assert done.returncode == 1
    assert "is not installed" in done.stderr


def test_a_prefix(python, tmp_path):
    done = python("-m", "pyrite", "kernel", "install", "--prefix", str(tmp_path))
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "share" / "jupyter" / "kernels" / "pyrite" / "kernel.json").exists()


def test_without_jupyter_it_says_what_to_install(python):
    code = (
        "import sys, importlib.util as u\nfind = u.find_spec\n"
        "u.find_spec = lambda name, *rest: None if name == 'ipykernel' else find(name, *rest)\n"
        "from pyrite.cli import main\nsys.exit(main(['kernel', 'install']))"
    )
    done = python("-c", code)
    assert done.returncode == 1
    assert "pip install ipykernel" in done.stderr
