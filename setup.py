"""Build the Cython extensions. Metadata stands in pyproject.toml.

Two switches, both environment variables read at build time:
  CLOUDCITY_CHECKED=1    kernels check every index (slow; for tests)
  CLOUDCITY_OPENMP=0     build without threads
"""

import os
import sys
import tempfile
from pathlib import Path

from Cython.Build import cythonize
from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

CHECKED = os.environ.get("CLOUDCITY_CHECKED") == "1"
# No -ffast-math (it turns on flush-to-zero for the whole process) and no fused multiply-add (its last
# bits depend on the processor): the same seed must give the same bytes.
OPTIMISE = ["-O3", "-fno-math-errno", "-fno-trapping-math", "-ffp-contract=off"]

KERNELS = ("_elementwise", "_fleet", "_ration", "_settle", "_sums")


class BuildExtensions(build_ext):
    """Add OpenMP where the compiler has it."""

    def build_extensions(self):
        unix = self.compiler.compiler_type == "unix"
        openmp = ["-fopenmp"] if unix and os.environ.get("CLOUDCITY_OPENMP") != "0" and self._links("-fopenmp") else []
        for extension in self.extensions:
            if unix:
                extension.extra_compile_args += [*OPTIMISE, *openmp]
                extension.extra_link_args += openmp
        super().build_extensions()

    def _links(self, flag):
        """Whether a program that needs `flag` compiles and links here."""
        with tempfile.TemporaryDirectory() as folder:
            source = Path(folder, "probe.c")
            source.write_text("#include <omp.h>\nint main(void) { return omp_get_max_threads() < 1; }\n")
            try:
                objects = self.compiler.compile([str(source)], output_dir=folder, extra_postargs=[flag])
                self.compiler.link_executable(objects, str(Path(folder, "probe")), extra_postargs=[flag])
            except Exception as problem:  # each compiler class raises its own errors
                print(f"building without threads: {problem}", file=sys.stderr)
                return False
        return True


setup(
    ext_modules=cythonize(
        [Extension(f"cython_ext.{name}", [f"cython_ext/{name}.pyx"]) for name in KERNELS],
        compiler_directives={
            "language_level": "3",
            "boundscheck": CHECKED,
            "wraparound": False,
            "cdivision": True,
            "initializedcheck": False,
        },
    ),
    cmdclass={"build_ext": BuildExtensions},
)
