# The commands of this checkout; all run without questions. WUHAO_VAR=DIR moves everything that is made under var/.
.PHONY: setup demo test bench test-faults

setup:  # system libraries, .venv, static files; starts nothing
	@tools/setup.sh

demo: export PORT ?= 8000
demo:  # the demo district, served on PORT
	@tools/demo.sh

test:  # everything CI needs
	@tools/test.sh

bench: setup  # the product's own measurements (docs/performance.md)
	@.venv/bin/python tools/bench_demo.py; demo=$$?; .venv/bin/python manage.py bench all && exit $$demo

test-faults:  # the races and faults of quality.md that are built: numbers, closing, insert-only tables, killed workers
	@tools/test.sh faults
