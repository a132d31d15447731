# Everything here works on a fresh machine with Python >= 3.11 (venv) and make.
PYTHON ?= python3
QUARTERS ?= 2026Q1 2026Q2 2026Q3
JOBS ?= 2
TESTERS ?= 2
BIN := .venv/bin
READY := .venv/.ready

.DEFAULT_GOAL := help
.PHONY: help report test lab lint golden lock demo browser bench calibrate slow clean

help: ## 列出可用的命令 (list the commands)
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /  make \1\t/'

report: $(READY) ## 依次运行示例季度，生成报告 (run the sample quarters in order)
	@set -e; for quarter in $(QUARTERS); do $(BIN)/csat run $$quarter --jobs $(JOBS); done

test: $(READY) ## 运行测试 (run the tests)
	$(BIN)/python -m pytest -q -rs -n $(TESTERS) --dist loadfile -m "not browser and not slow"

slow: $(READY) ## 运行较慢的测试：成百个生成的文件，整季运行 (run the slower tests)
	OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 $(BIN)/python -m pytest -q -rs -n $(TESTERS) -m slow

browser: $(READY) ## 在 Chromium 中打开页面检查 (open the pages in Chromium)
	$(BIN)/python -m pytest -q -m browser

bench: $(READY) ## 测量速度，与同类比较 (measure the speed beside its peers)
	@set -e; for file in benchmarks/[a-z]*.py; do $(BIN)/python $$file; done

calibrate: $(READY) ## 用模拟检验统计方法的承诺 (hold the statistics to their promises)
	OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 PYTHONPATH=tests $(BIN)/python -m calibration

lab: $(READY) ## 在 JupyterLab 中打开笔记本 (open the notebooks in JupyterLab)
	$(BIN)/jupyter lab notebooks

lint: $(READY) ## 检查代码与笔记本的写法 (check code and notebooks)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/nbstripout --verify --keep-id --keep-count notebooks/*.ipynb notebooks/all/*.ipynb

demo: $(READY) ## 重写虚构公司的原始数据 (write the fictional company's raw files again)
	$(BIN)/csat demo

golden: $(READY) ## 更新笔记本里核对用的数字 (store the key figures that tests compare)
	$(BIN)/python tests/store_golden.py

lock: ## 重新锁定依赖的版本 (pin the dependencies again)
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet "uv>=0.9"
	$(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes \
		--no-emit-index-url --no-header --group dev pyproject.toml -o requirements.lock

clean: ## 删除环境与生成的文件 (remove the environment and what was generated)
	rm -rf .venv .pytest_cache .ruff_cache data/processed reports

# uv installs several times faster than pip; it too comes from the lock, checked by its hash.
$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "需要 Python 3.11 或更新的版本：make PYTHON=python3.12 …"; exit 1; }
	$(PYTHON) -m venv --clear .venv
	sed -n '/^uv==/,/[^\\]$$/p' requirements.lock > .venv/uv.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r .venv/uv.txt
	$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements.lock
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation -e .
	@touch $@
