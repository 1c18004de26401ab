"""The import finder: a PySpark name becomes the Pyrite module itself, or a facade that reads its names from one."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

from pyrite._aliases.client import ClientFiles, client_spec
from pyrite._aliases.names import DIRECT, FACADES, MODULES, ROOTS, SPARK_VERSION, missing
from pyrite._extra import installed

__all__ = ["AliasFinder", "Facade"]


class AliasFinder(MetaPathFinder):
    """Answers for every name below PySpark's roots; an unknown one is refused, never looked for elsewhere."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """The spec of an alias; None for names that aren't ours."""
        if fullname.partition(".")[0] not in ROOTS:
            return None
        if fullname in FACADES:
            return ModuleSpec(fullname, FacadeLoader(FACADES[fullname]), is_package=True)
        if fullname in DIRECT:
            return ModuleSpec(fullname, SameModuleLoader(DIRECT[fullname]))
        spec = client_spec(fullname)
        if spec is not None:
            return spec
        rest = fullname.partition(".")[2].removeprefix("core.")
        if rest in MODULES and importlib.util.find_spec(f"pyrite.{rest}"):
            return ModuleSpec(fullname, SameModuleLoader(f"pyrite.{rest}"))
        # Without `name=`: the import system swallows the error of `from pyspark import x` when it carries x's name.
        raise ModuleNotFoundError(missing(fullname))


class SameModuleLoader(Loader):
    """Gives the Pyrite module itself, so that a class is the same one under both names."""

    def __init__(self, home: str) -> None:
        self._home = home
        self._spec: ModuleSpec | None = None

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        """The module that stands behind the alias."""
        module = importlib.import_module(self._home)
        self._spec = module.__spec__
        return module

    def exec_module(self, module: ModuleType) -> None:
        """It has run already; the import system has only put the alias's spec on it."""
        module.__spec__ = self._spec


class FacadeLoader(Loader):
    """Makes a module that is a package for the import system and reads its names from a Pyrite module."""

    def __init__(self, home: str | None) -> None:
        self._home = home

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        """An empty facade."""
        return Facade(spec.name, self._home)

    def exec_module(self, module: ModuleType) -> None:
        """Nothing to run: names are read when they are asked for."""

    def get_resource_reader(self, name: str) -> ClientFiles | None:
        """The files that the client of `pyrite[sql]` keeps beside its modules."""
        return ClientFiles(name) if installed() else None


class Facade(ModuleType):
    """`pyspark` itself and its like. Names and submodules appear when they are first used."""

    def __init__(self, name: str, home: str | None) -> None:
        module = None if home is None else importlib.import_module(home)
        super().__init__(name, getattr(module, "__doc__", None))
        self._module = module
        self.__all__ = [each for each in getattr(module, "__all__", ()) if each != "init"]
        if name == "pyspark":
            self.__version__ = SPARK_VERSION

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}", name=name)
        if name in self.__all__ or name in getattr(self._module, "BESIDES", ()):
            return getattr(self._module, name)
        try:
            return importlib.import_module(f"{self.__name__}.{name}")
        except ModuleNotFoundError as error:
            raise AttributeError(str(error), name=name) from None

    def become(self, module: ModuleType) -> None:
        """Have the names of another module, the real one of this name, from now on."""
        vars(self).clear()
        vars(self).update(vars(module), _module=module)
        self.__all__ = list(getattr(module, "__all__", ()))

    def __dir__(self) -> list[str]:
        return sorted({*vars(self), *self.__all__})

    def __repr__(self) -> str:
        return f"<module {self.__name__!r} ({'PySpark' if '__file__' in vars(self) else 'Pyrite'})>"
