# Two commands do everything: `make demo` and `make test`. Both install what is missing and say what they do.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
PLANT := $(VENV)/.plant
PEERS := .venv-peers
AUDIT := .venv-audit
OUT ?= out/demo
# Hundreds of processes start in a test run: compiled modules are worth keeping, whatever the shell says.
unexport PYTHONDONTWRITEBYTECODE

# What Qt 6, OpenCV and sound need besides what pip brings, and a font with Korean letters.
RUN_DEBS := libegl1 libgl1 libglib2.0-0 libdbus-1-3 libfontconfig1 libpulse0 libxkbcommon-x11-0 libxcb-cursor0 \
	libxcb-icccm4 libxcb-image0 libxcb-keysyms1 libxcb-render-util0 libxcb-shape0 libxcb-xkb1 fonts-nanum
# What only the tests need: a virtual screen, a real RTSP server, MQTT broker and PostgreSQL, and voice, sound
# library and sound server of an annunciator.
TEST_DEBS := xvfb mosquitto postgresql espeak-ng libportaudio2 libasound2-plugins pulseaudio pulseaudio-utils \
	python3-gi gir1.2-gst-rtsp-server-1.0 gstreamer1.0-plugins-base \
	gstreamer1.0-plugins-good gstreamer1.0-plugins-bad

.PHONY: demo test lint types unit lock audit soak fuzz bench bench-peers test-slow samples screens plant test-plant format \
	clean run-debs test-debs help

help:
	@echo "make demo    install what is missing and show the whole chain on the sample recordings"
	@echo "make test    install what is missing, then lint, types and all tests"
	@echo "make lint    ruff alone          make types   mypy alone        make unit   pytest alone"
	@echo "HYPOTHESIS_PROFILE=search make unit   with new random examples in the property tests"
	@echo "make bench   benchmarks, as tables          make bench-peers  people's tracker beside other people's"
	@echo "make test-slow   what make test leaves out: training, long recordings with the detector, some 15 minutes"
	@echo "make samples make the sample recordings anew (renders them: needs make plant, some minutes)"
	@echo "make screens every page of the console in both languages, as pictures in docs/screens"
	@echo "make plant   install what rendering a simulated plant needs (VTK, anny)"
	@echo "make test-plant   tests of plant and rendering"
	@echo "make soak    an hour of the whole chain on four cameras: growth, permits, latency (SOAK=\"--minutes 5\" for less)"
	@echo "make fuzz    spoilt files for every parser, thousands each (FUZZ=\"--each 20000 --seed 7\")"
	@echo "make audit   known weaknesses of the pinned packages (asks a data base on the internet)"
	@echo "make lock    pin all versions anew in requirements.lock"

demo: run-debs $(INSTALLED)
	$(BIN)/hoistwatch demo --out $(OUT)

test: run-debs test-debs $(INSTALLED) lint types unit

lint: $(INSTALLED)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(INSTALLED)
	$(BIN)/mypy

# What runs against the clock, with sockets and processes, comes after what only computes: nothing heavy is beside it.
# It mostly waits, so that there are three at a time on two cores.
TIMED := tests/test_bad_clients.py tests/test_detect_node.py tests/test_fail_safe.py tests/test_sign_in.py \
	tests/test_site_live.py tests/test_sound_chain.py \
	tests/test_outputs_live.py tests/test_self_test_live.py \
	tests/test_real_live.py tests/recordings/test_group_process.py tests/recordings/test_live_budget.py \
	tests/recordings/test_soak_cameras.py tests/test_soak_run.py \
	tests/tracking/test_capture.py tests/tracking/test_capture_rate.py tests/ui/test_console_bus.py \
	tests/ui/test_console_process.py tests/ui/test_health_live.py tests/ui/test_group_page.py tests/ui/test_supervise.py \
	$(addprefix tests/safety/test_,audit.py bus.py bus_attacked.py bus_redial.py gateway.py keys.py permit_issuer.py \
	relay_gpio.py relay_modbus.py relay_mqtt.py relay_process.py relay_serial.py) \
	$(addprefix tests/safety/annunciator/test_,annunciator_process.py device.py node.py sign.py)

# By file, in the order of tests/conftest.py, which begins with the slowest.
SIDE_BY_SIDE := --dist loadfile --no-loadscope-reorder

unit: $(INSTALLED)
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest tests -m "not slow" -n 2 $(SIDE_BY_SIDE) $(addprefix --ignore=,$(TIMED))
	$(BIN)/python -m pytest -m "not slow" -n 3 $(SIDE_BY_SIDE) $(TIMED)

bench: $(INSTALLED)
	@for file in $(filter-out %/bench_peers.py,$(wildcard tests/benchmarks/bench_*.py)); do \
		echo; $(BIN)/python -m $$(echo $${file%.py} | tr / .) || exit 1; done

# Other people's trackers beside this one; they live in an environment of their own, the product needs none of them.
bench-peers: $(INSTALLED) $(PEERS)/.installed
	$(BIN)/python -m tests.benchmarks.bench_peers --python $(PEERS)/bin/python

$(PEERS)/.installed: requirements-peers.lock
	@echo "Installing the peers in $(PEERS) …"
	@test -x $(PEERS)/bin/python || $(PYTHON) -m venv $(PEERS)
	@$(PEERS)/bin/python -m pip install --quiet --disable-pip-version-check -r requirements-peers.lock
	@touch $@

test-slow: run-debs test-debs $(INSTALLED)
	$(BIN)/python -m pytest tests -m slow

samples: plant
	@for name in normal-shift passer-by swing crush failing-camera; do \
		rm -f recordings/samples/$$name.mcap; \
		$(BIN)/hoistwatch simulate sample-$$name --render --boxes --crf 29 -o recordings/samples/$$name.mcap || exit 1; done

screens: run-debs $(INSTALLED)
	$(BIN)/python -m tests.ui.screens docs/screens

plant: run-debs $(INSTALLED) $(PLANT)

test-plant: plant
	$(BIN)/python -m pytest tests/recordings/render tests/recordings/plant tests/recordings/training/test_random_halls.py

format: $(INSTALLED)
	$(BIN)/ruff check --fix-only .
	$(BIN)/ruff format .

lock: $(INSTALLED)
	$(BIN)/pip-compile --quiet --upgrade --extra dev --strip-extras --no-emit-index-url --no-emit-find-links \
		--no-emit-trusted-host --constraint constraints.txt --output-file requirements.lock pyproject.toml
	@# A local build of torch must not be pinned: elsewhere there is none of that name.
	sed -i 's/^\(torch[a-z]*==[0-9.]*\)+cpu/\1/' requirements.lock
	$(BIN)/pip-compile --quiet --upgrade --extra plant --strip-extras --no-emit-index-url --no-emit-find-links \
		--no-emit-trusted-host --constraint constraints.txt --constraint requirements.lock \
		--output-file requirements-plant.lock pyproject.toml
	sed -i 's/^\(torch[a-z]*==[0-9.]*\)+cpu/\1/' requirements-plant.lock

# Apart from the product's environment, which it looks at by the lock files alone.
audit: $(INSTALLED)
	@test -x $(AUDIT)/bin/pip-audit || { $(PYTHON) -m venv $(AUDIT) && \
		$(AUDIT)/bin/python -m pip install --quiet --disable-pip-version-check pip-audit==2.10.1; }
	@for lock in requirements.lock requirements-plant.lock; do \
		echo "$$lock:"; $(AUDIT)/bin/pip-audit --strict --no-deps --disable-pip -r $$lock || exit 1; done

soak: run-debs $(INSTALLED)
	$(BIN)/hoistwatch soak $(SOAK)

fuzz: $(INSTALLED)
	OMP_NUM_THREADS=1 $(BIN)/python -m tests.fuzz $(FUZZ)

clean:
	rm -rf $(VENV) $(PEERS) $(AUDIT) build out *.egg-info .mypy_cache .pytest_cache .ruff_cache .hypothesis

$(INSTALLED): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "hoistwatch needs Python 3.11 or newer; set PYTHON=/path/to/python3"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || ./.ci/debs python3-venv
	@echo "Making the virtual environment $(VENV) and installing the pinned packages (some minutes the first time) …"
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --editable .
	@touch $@

$(PLANT): requirements-plant.lock $(INSTALLED)
	@echo "Installing what rendering needs …"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-plant.lock
	@touch $@

run-debs:
	@./.ci/debs $(RUN_DEBS)

test-debs:
	@./.ci/debs $(TEST_DEBS)
