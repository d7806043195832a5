#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# ci/cli_test.sh: drives the rcfuzz binary the way people and scripts do: wrong options, bad input, places that cannot
# be written, Ctrl-C, exit codes, the forms of output. Exit: 0 all as promised, 1 not, 77 no kernel tree to build from.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1

rcfuzz=$(realpath "${RCFUZZ:-build/rcfuzz}")
tmp=$(mktemp -d)
mounted=''
trap '[ -z "$mounted" ] || umount "$mounted"; rm -rf "$tmp"' EXIT
failed=0
passed=0

fail() {
	echo "not ok: $*"
	failed=$((failed + 1))
}

ok() {
	passed=$((passed + 1))
}

# holds MESSAGE COMMAND...: is the command true?
holds() {
	local message=$1
	shift
	if "$@"; then ok; else fail "$message"; fi
}

# expect CODE ARGUMENT...: run rcfuzz, keep its outputs in $tmp/out and $tmp/err, and see that it ends with CODE.
expect() {
	local want=$1 code=0
	shift
	"$rcfuzz" "$@" > "$tmp/out" 2> "$tmp/err" < /dev/null || code=$?
	if [ "$code" -ne "$want" ]; then
		fail "rcfuzz $*: exit code $code, not $want: $(head -c 300 "$tmp/err")"
		return 1
	fi
	ok
}

# refuse CODE PATTERN ARGUMENT...: the same, with exactly one line on stderr, which has the pattern, and none on stdout.
refuse() {
	local want=$1 pattern=$2
	shift 2
	expect "$want" "$@" || return 1
	if [ "$(wc -l < "$tmp/err")" -ne 1 ] || ! grep -q "^rcfuzz: .*$pattern" "$tmp/err"; then
		fail "rcfuzz $*: wants one line with '$pattern', got: $(head -c 500 "$tmp/err")"
	elif [ -s "$tmp/out" ]; then
		fail "rcfuzz $*: an error that prints on stdout"
	else
		ok
	fi
}

# shows PATTERN: is it in the output of the last command?
shows() {
	if grep -q -e "$1" "$tmp/out"; then ok; else fail "no '$1' in: $(head -c 400 "$tmp/out")"; fi
}

# json FILE EXPRESSION: holds this Python expression for the JSON d of a file?
json() {
	if python3 -c "import json, sys; d = json.load(open(sys.argv[1])); sys.exit(not ($2))" "$1" 2> "$tmp/python"; then
		ok
	else
		fail "$1: not ($2) $(tail -n 1 "$tmp/python")"
	fi
}

if ! "$rcfuzz" build --page-size 64k -o "$tmp/k.so" > /dev/null 2> "$tmp/err"; then
	echo "ci/cli_test.sh: no module could be built, skipped: $(head -c 300 "$tmp/err")" >&2
	exit 77
fi
# Few tests below build: it would cost time, and the message would be another.
target=(--target "$tmp/k.so")
seed=corpus/seeds/first-store.txt

step() { # step NAME: what comes now, and how long the test has taken
	echo "# ${SECONDS}s: $1"
}

step 'command lines'
expect 0 --help && shows 'rcfuzz run --time 60s'
expect 0 --version && shows '^rcfuzz [0-9]'
refuse 64 'name a verb'
refuse 64 "unknown verb 'frobnicate'" frobnicate
for verb in run replay explore check minimize triage report corpus convert build info conform confirm; do
	expect 0 "$verb" --help && shows "Usage: rcfuzz $verb"
	holds "$verb --help breaks an example in two" \
		[ -z "$(sed -n '/^Examples\?:/,$p' "$tmp/out" | grep -A 1 '^  rcfuzz' | grep -v '^  \|^[A-Z]\|^130\|^$')" ]
	refuse 64 'unknown option' "$verb" --no-such-option
done
refuse 64 'needs a value' run --time
refuse 64 'a time such as' run --time soon
refuse 64 'a number from' run --jobs 0
refuse 64 'one of libfuzzer, afl, random' run --engine honggfuzz
refuse 64 "'sometimes' is no class" run --fail-on critical,sometimes
refuse 64 'takes no argument' run linux-6.12
refuse 64 'one of mix, scenario, random, pct' run --schedule luck
refuse 64 'leave out --schedule' run --preempt none --schedule pct
refuse 64 'leave out --verify' run --preempt none --verify
refuse 64 'flavour access' run "${target[@]}" --preempt access
refuse 64 'flavour access' explore "${target[@]}" --level access --ops d,e "$seed"
refuse 64 "has no op 'z'" explore "${target[@]}" --ops d,z "$seed"
refuse 64 'two or three different ops' explore "${target[@]}" --ops d,d "$seed"
refuse 64 'no op interrupts another' explore "${target[@]}" "$seed"
refuse 64 'one kernel' run "${target[@]}" "${target[@]}"
refuse 64 'finished module' replay "${target[@]}" --patch x.patch "$seed"
for verb in replay explore check minimize triage report convert info; do
	refuse 64 'wants' "$verb"
done
refuse 64 'merge, minimize or stats' corpus
refuse 64 "no action 'eat'" corpus eat "$seed"
refuse 64 'folder to write to' corpus merge "$seed"

step 'random command lines'
# Of options that each verb has, and values that are none: no signal, a code that is promised, one line that says why.
mkdir "$tmp/random"
code=0
python3 - "$rcfuzz" "$tmp/random" 2> "$tmp/python" << 'END' || code=$?
import random, re, subprocess, sys
rcfuzz, folder = sys.argv[1:]
random.seed(7)
values = ["", "0", "-1", "1", "99999999999999999999", "0x10", "1e9", "nan", "64k", "any", "none", "json", "x" * 5000, "/",
          ".", "missing", "\x01\x02", "%s%n", "--", "-", "=", "a=b", "\u00e9", "*", "$(id)", "critical,,high", "1s", "/dev/null"]
verbs = "run replay check minimize triage report corpus convert build info conform confirm bench".split()
for verb in verbs:
    text = subprocess.run([rcfuzz, verb, "--help"], capture_output=True, text=True).stdout
    options = re.findall(r"(--[a-z0-9-]+)", text) + ["-o", "-q", "-j", "--", "--x"]
    options = [option for option in options if option != "--help"]
    for _ in range(20):
        words = [random.choice(options) if random.random() < 0.5 else random.choice(values)
                 for _ in range(random.randint(1, 6))]
        words = [word + "=" + random.choice(values) if word.startswith("--") and random.random() < 0.5 else word
                 for word in words]
        # Whatever else it says, there is no such kernel: nothing is run.
        command = [rcfuzz, verb, "--target", "missing.so", "--kernel", "missing"] if verb not in (
            "convert", "info", "build", "report", "corpus") else [rcfuzz, verb]
        command += ["--kernel", "missing"] if verb in ("build", "report", "corpus") else []
        result = subprocess.run(command + words, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, timeout=60)
        assert result.returncode in (0, 1, 4, 64, 65, 66, 74, 125, 192, 193, 194, 202), (command + words, result)
        if result.returncode in (64, 192):
            assert result.stderr.count(b"\n") == 1 and result.stderr.startswith(b"rcfuzz: "), (command + words, result)
END
holds "a random command line: $(tail -n 1 "$tmp/python")" [ "$code" -eq 0 ]

step 'input'
refuse 66 'missing.txt' replay "${target[@]}" missing.txt
expect 66 replay "${target[@]}" missing.txt "$seed" && shows 'no finding'
holds 'a missing file is told' grep -q '^rcfuzz: missing.txt: cannot be opened: No such file' "$tmp/err"
refuse 66 'missing.so' replay --target missing.so "$seed"
refuse 65 'k.txt' replay --target "$(printf 'no module' > "$tmp/k.txt" && echo "$tmp/k.txt")" "$seed"
refuse 66 'no-tree' build --kernel "$tmp/no-tree" -o "$tmp/x.so"
printf 'rcfuzz-scenario 1\nconfig page=64k\na l2 store guest=one n=3\n' > "$tmp/bad.txt"
refuse 65 'bad.txt:3:' replay "${target[@]}" "$tmp/bad.txt"
refuse 65 'bad.txt:3:' minimize "${target[@]}" "$tmp/bad.txt"
refuse 65 'bad.txt:3:' convert "$tmp/bad.txt"
printf 'rcfuzz-scenario 1\nembargoed wrong-page:tlb:x\n' > "$tmp/secret.txt"
refuse 65 'embargoed' replay "${target[@]}" "$tmp/secret.txt"
head -c 3000000 /dev/zero > "$tmp/huge.bin"
refuse 65 'huge.bin' replay "${target[@]}" "$tmp/huge.bin"
refuse 66 'no-such-folder' run "${target[@]}" --corpus no-such-folder --out "$tmp/run"
refuse 66 'no-such-folder' run "${target[@]}" --known no-such-folder --out "$tmp/run"
holds 'a run that has no input leaves a folder' [ ! -e "$tmp/run" ]
refuse 66 'findings.jsonl' report "$tmp"
refuse 65 'holds no op' replay "${target[@]}" /dev/null
refuse 65 'larger than' replay "${target[@]}" /dev/zero
truncate -s 1G "$tmp/sparse"
refuse 65 'larger than' convert "$tmp/sparse"
mkfifo "$tmp/pipe"
refuse 74 'pipe' convert "$tmp/pipe"
mkdir -p "$tmp/circles/a"
ln -s . "$tmp/circles/a/here"
ln -s .. "$tmp/circles/a/up"
ln -s ../a "$tmp/circles/a/again"
cp "$seed" "$tmp/circles/a"
expect 0 replay "${target[@]}" -q "$tmp/circles" && holds 'links are followed in circles' [ "$(wc -l < "$tmp/out")" -eq 1 ]

step 'modules'
mkdir "$tmp/folder.so"
head -c 100000 "$tmp/k.so" > "$tmp/half.so"
echo 'unsigned rcfuzz_target[64] = {999};' | cc -shared -fPIC -x c - -o "$tmp/other.so"
for verb in 'info' 'run --time 1s --target' "replay $seed --target"; do
	# shellcheck disable=SC2086 # words
	{
		refuse 65 'folder.so: it is no file' $verb "$tmp/folder.so"
		refuse 65 'pipe: it is no file' $verb "$tmp/pipe"
		refuse 65 'died (signal .*build it anew' $verb "$tmp/half.so"
		refuse 65 'other.so: it belongs to another version' $verb "$tmp/other.so"
		refuse 65 'libc.so.6: it is no target module' $verb "$(cc -print-file-name=libc.so.6)"
	}
done

step 'builds'
refuse 74 'Is a directory' build -o "$tmp/folder.so"
refuse 66 'no-such-cc does not run' build --cc no-such-cc
refuse 64 'does not compile at -O 0' build -O 0
refuse 64 "-O wants one of .*, not 'fast'" build -O fast
code=0
PATH=$tmp "$rcfuzz" build > "$tmp/out" 2> "$tmp/err" || code=$?
holds "without a compiler: $code, $(cat "$tmp/err")" [ "$code" -eq 66 ]
holds 'it is not said what to install' grep -q '^rcfuzz: clang does not run: install it' "$tmp/err"
expect 66 build --cc /bin/true && holds '/bin/true is taken for a compiler' grep -q 'is it a compiler' "$tmp/err"
refuse 66 'not a kernel tree .* has no Makefile' build --kernel "$tmp/circles"
expect 65 build --kernel "$seed" && holds 'a text is taken for an archive' grep -q 'cannot be unpacked' "$tmp/err"
HOME='' XDG_CACHE_HOME='' refuse 66 'set XDG_CACHE_HOME or HOME' build
XDG_CACHE_HOME=$tmp/sparse refuse 74 'sparse/rcfuzz' build

# What ci/fuzz leaves can be installed: rcfuzz-asan is not among it. The installed one builds from what lies beside it.
build=$(dirname "$rcfuzz")
if [ -f "$build/cmake_install.cmake" ]; then
	mkdir "$tmp/half"
	sed "s|$build/rcfuzz-asan|$tmp/half/not-there|" "$build/cmake_install.cmake" > "$tmp/half/cmake_install.cmake"
	cmake -DCMAKE_INSTALL_PREFIX="$tmp/half/usr" -P "$tmp/half/cmake_install.cmake" > "$tmp/out" 2> "$tmp/err"
	holds "what ci/fuzz leaves cannot be installed: $(head -c 300 "$tmp/err")" [ -x "$tmp/half/usr/bin/rcfuzz" ]
	holds "the installed one builds another module, or none" \
		[ "$("$rcfuzz" info --format json "$("$tmp/half/usr/bin/rcfuzz" build)" | grep '"hash"')" = \
		"$("$rcfuzz" info --format json "$tmp/k.so" | grep '"hash"')" ]
fi

step 'bench'
expect 0 bench --time 0.01 && json "$tmp/out" 'd["ratio"] > 0 and d["sync_ratio"] > 0 and d["access_ratio"] > 0'
json "$tmp/out" 'd["switch_ns"] > 0 and d["task_switch_ns"] > 0 and d["plain_access_ratio"] > 0'
# What a scenario does not come to costs nothing.
json "$tmp/out" 'd["preemptions"] == 1 and d["access_preemptions"] == 1'
refuse 65 'README.md' bench --target README.md

step 'garbage'
for i in 1 2 3 4 5 6 7 8; do
	head -c $((i * 211)) /dev/urandom > "$tmp/garbage"
	code=0
	"$rcfuzz" replay -q "${target[@]}" "$tmp/garbage" > /dev/null 2>&1 || code=$?
	if [ "$code" -le 1 ]; then ok; else fail "replay of $((i * 211)) random bytes ends with $code"; fi
done

step 'a module with sanitizers'
mkdir "$tmp/bin"
cp "$rcfuzz" "$tmp/bin/rcfuzz"
echo 'void __asan_init(void); void f(void) { __asan_init(); }' | cc -shared -fPIC -x c - -o "$tmp/needs-asan.so"
alone=0
"$tmp/bin/rcfuzz" info "$tmp/needs-asan.so" > "$tmp/out" 2> "$tmp/err" || alone=$?
holds "without rcfuzz-asan: $alone, $(cat "$tmp/err")" [ "$alone" -eq 66 ]
holds 'it is not said how to make rcfuzz-asan' grep -q '^rcfuzz: .*needs-asan.so needs rcfuzz-asan, .*ci/build' "$tmp/err"
if [ -x "$(dirname "$rcfuzz")/rcfuzz-asan" ] && expect 0 build --flavour asan -o "$tmp/asan.so"; then
	expect 0 info "$tmp/asan.so" && shows '^flavour *asan'
	expect 0 info --format json "$tmp/asan.so" && json "$tmp/out" 'not [s for s in d["stand_ins"] if s["kind"] == "unknown"]'
	expect 0 replay --target "$tmp/asan.so" -q "$seed" && shows 'no finding'
	expect 1 run --target "$tmp/asan.so" --engine random --execs 2000 --seed 1 --out "$tmp/asan" && shows lost-dirty
	refuse 64 'has sanitizers' run --target "$tmp/asan.so" --engine afl --out "$tmp/asan"

	# What the kernel's code does wrong is a finding like any other.
	mutant=corpus/mutants/table-used-after-free
	freed=memory:none:freed-page-table:kvmppc_unmap_free_pmd:kvmppc_unmap_free_pte
	expect 0 replay --target "$tmp/asan.so" -q "$mutant.txt" && shows 'no finding'
	expect 0 build --flavour asan --recipe "$mutant.recipe" -o "$tmp/freed.so"
	asan=(--target "$tmp/freed.so")
	expect 1 replay "${asan[@]}" --verify --format json "$mutant.txt"
	json "$tmp/out" "[f['signature'] for f in d['findings']] == ['$freed'] and 'of 8 bytes' in d['findings'][0]['title']"
	cat - "$mutant.txt" > "$tmp/freed.txt" <<- END
		rcfuzz-scenario 1
		expect * finding memory:none:freed-page-table
		signature $freed
	END
	sed -i '4{/^rcfuzz-scenario/d}' "$tmp/freed.txt"
	expect 0 check "${asan[@]}" "$tmp/freed.txt" && shows '^ok 1 .* # XFAIL'
	expect 1 check --target "$tmp/asan.so" "$tmp/freed.txt" && shows '^not ok 1 .* # XPASS'
	expect 0 minimize "${asan[@]}" -o "$tmp/freed-small.txt" "$mutant.txt"
	expect 1 replay "${asan[@]}" -q "$tmp/freed-small.txt" && shows 'memory: a read of 8 bytes'
	expect 1 run "${asan[@]}" --engine random --execs 3000 --seed 1 --out "$tmp/freed-run"
	holds 'the run has not found it, minimised and with who did it' python3 - "$tmp/freed-run" "$freed" <<- 'END'
		import json, os, sys
		last = {}
		for line in open(os.path.join(sys.argv[1], "findings.jsonl")):
		    record = json.loads(line)
		    last[record["signature"]] = record
		assert not [s for s in last if ":process" in s], list(last)
		found = last[sys.argv[2]]
		assert found["class"] == "memory" and found["ops"] <= 4 and found["count"] > 1, found
		assert [w["what"] for w in found["writers"]] == ["uses it", "took it", "freed it"], found
	END
	mkdir "$tmp/freed-known"
	printf 'rcfuzz-scenario 1\nembargoed %s\n' "$freed" > "$tmp/freed-known/secret.txt"
	expect 1 run "${asan[@]}" --engine random --execs 1000 --seed 1 --known "$tmp/freed-known" --out "$tmp/freed-secret"
	holds 'its embargo is not told of' grep -q "\"signature\":\"$freed\".*\"embargoed\":true" "$tmp/freed-secret/findings.jsonl"
	expect 1 triage "${asan[@]}" --out "$tmp/freed-sorted" "$mutant.txt" && shows 'memory'
	# So it is where rcfuzz copies for the kernel, and on a stack.
	cat > "$tmp/stack.recipe" <<- 'END'
		file: arch/powerpc/kvm/book3s_hv_nested.c
		function: kvmhv_read_guest_state_and_regs
		old: kvm_vcpu_read_guest(vcpu, hv_ptr, l2_hv, size)
		new: kvm_vcpu_read_guest(vcpu, hv_ptr, l2_hv, size + 64)
	END
	expect 0 build --flavour asan --recipe "$tmp/stack.recipe" -o "$tmp/stack.so"
	expect 1 replay --target "$tmp/stack.so" --verify --format json "$seed"
	json "$tmp/out" '[f["signature"] for f in d["findings"]] == ["memory:none:stack:kvmhv_read_guest_state_and_regs"]'
else
	echo '# no rcfuzz-asan here: a module with sanitizers was not run'
fi

step 'undefined behaviour'
# POWER gives some result where the host of rcfuzz faults: no crash.
cat > "$tmp/divides.recipe" << 'END'
file: arch/powerpc/kvm/book3s_hv_nested.c
function: kvmhv_emulate_tlbie_lpid
old: struct kvm *kvm = vcpu->kvm;
new: struct kvm *kvm = vcpu->kvm;
|	WRITE_ONCE(ric, 1 / ric);
END
expect 0 build --recipe "$tmp/divides.recipe" -o "$tmp/divides.so"
expect 1 replay --target "$tmp/divides.so" --verify --format json corpus/seeds/l1-tlbie-lpid.txt
json "$tmp/out" '[f["signature"] for f in d["findings"]] == ["undefined:none:division-by-zero:kvmhv_emulate_tlbie_lpid"]'

step 'the stage'
RCFUZZ_STAGE=$tmp/no-stage refuse 66 'run ci/stage' conform "${target[@]}" "$seed"
RCFUZZ_STAGE=$tmp/no-stage refuse 66 'run ci/stage' confirm "${target[@]}" corpus/known/set-rc-of-another-page.txt
RCFUZZ_STAGE=$tmp/no-stage refuse 65 'does not show a finding' confirm "${target[@]}" "$seed"
refuse 65 'idle page tracking' confirm "${target[@]}" corpus/known/aging-leaves-tlb.txt
refuse 65 'embargoed' confirm "${target[@]}" "$tmp/secret.txt"
# In the place of an emulator: it answers, but for scenarios of 3 ops, which its kernel does not survive; of 4, which that
# kernel does not survive once; and of 5, at which the emulator itself ends once.
fake=$tmp/fake-stage
mkdir -p "$fake/kernel/6.12-64k"
echo linux-image-test 1 > "$fake/kernel/6.12-64k/package"
echo 10.0.2 > "$fake/qemu-version"
cat > "$fake/boot" <<- 'END'
	#!/usr/bin/env python3
	import os, socket, struct, sys
	path = [x for x in sys.argv if x.startswith("socket,")][0].split("path=")[1].split(",")[0]
	console = open([x for x in sys.argv if x.startswith("file:")][0][5:], "w")
	s = socket.socket(socket.AF_UNIX)
	s.bind(path)
	s.listen(1)
	c = s.accept()[0]
	answer = lambda id, payload: c.sendall(struct.pack("<IIIi", 0x31667a72, id, len(payload), 0) + payload)
	answer(0xffffffff, b"6.12-test 65536 " + open(os.path.dirname(sys.argv[0]) + "/language", "rb").read())
	while True:
	    magic, id, n, count = struct.unpack("<IIIi", c.recv(16, socket.MSG_WAITALL))
	    c.recv(n, socket.MSG_WAITALL)
	    ops = (n - 32) // 16 - 3
	    once = os.path.dirname(sys.argv[0]) + f"/{ops}"
	    if ops >= 3 and (ops == 3 or not os.path.exists(once)):
	        open(once, "w")
	        print("Oops: Kernel access of bad area" if ops < 5 else "", file=console, flush=True)
	        sys.exit()
	    answer(id, b"")
END
chmod +x "$fake/boot"
printf 'rcfuzz-scenario 1\nconfig page=64k\na host log.start slot=0\n' > "$tmp/one.txt"
printf 'rcfuzz-scenario 1\nconfig page=64k\na host log.start slot=0\nb l1 store g=0\nc l1 store g=1\n' > "$tmp/three.txt"
{ cat "$tmp/three.txt" && printf 'd l1 store g=2\n'; } > "$tmp/four.txt"
{ cat "$tmp/four.txt" && printf 'e l1 store g=3\n'; } > "$tmp/five.txt"
export RCFUZZ_STAGE=$fake
# One that another rcfuzz has prepared would run other ops. Which one this is, is said then.
echo 0 > "$fake/language"
refuse 66 'prepared by another rcfuzz (00000000, this is ' conform "${target[@]}" "$tmp/one.txt"
sed -n 's/.*this is \([0-9a-f]*\)).*/\1/p' "$tmp/err" > "$fake/language"
expect 1 conform "${target[@]}" --out "$tmp/conform" --execs 3 "$tmp/three.txt" "$tmp/one.txt" &&
	shows '2 scenarios, .* 1 differ, the stage ended in 1 of them'
if grep -q 'Oops' "$tmp/conform/three.console.log" && [ -s "$tmp/conform/three.ends-stage.txt" ] &&
	[ -s "$tmp/conform/one.raw.txt" ]; then
	ok
else
	fail "conform does not keep what ends the stage, and what differs: $(ls "$tmp/conform")"
fi
expect 1 conform "${target[@]}" --out "$tmp/conform" --execs 3 "$tmp/four.txt" "$tmp/five.txt" &&
	shows '2 scenarios, .* 1 differ, the stage ended in 1 of them'
holds 'an oops that comes once is lost' grep -q 'Oops' "$tmp/conform/four.console.log"
holds 'an emulator that ends once is a finding' [ ! -e "$tmp/conform/five.console.log" ]
# A tally goes on where it was: all 4 are counted, once.
expect 1 conform "${target[@]}" --out "$tmp/tally" --count 2 --execs 3
expect 1 conform "${target[@]}" --out "$tmp/tally" --count 4 --execs 3 && shows '^in all: 4 scenarios'
unset RCFUZZ_STAGE

refuse 64 'wants a scenario, or the --out folder' confirm "${target[@]}"
refuse 64 'one scenario, or one folder' confirm "${target[@]}" "$seed" "$seed"
refuse 64 '--id goes with a folder' confirm "${target[@]}" --id x "$seed"
refuse 66 'no-such-folder' confirm "${target[@]}" --id x no-such-folder
mkdir "$tmp/found"
printf '%s\n' '{"schema":1,"id":"warn-1","class":"warn","signature":"warn:x","scenario":"../secret.txt"}' \
	'{"schema":1,"id":"warn-2","class":"warn","signature":"warn:y","scenario":"findings/none.txt"}' > "$tmp/found/findings.jsonl"
refuse 64 'choose it with --id' confirm "${target[@]}" "$tmp/found"
refuse 66 "no finding 'warn-3'" confirm "${target[@]}" --id warn-3 "$tmp/found"
refuse 65 'is not in the folder' confirm "${target[@]}" --id warn-1 "$tmp/found"
refuse 66 'none.txt' confirm "${target[@]}" --id warn-2 "$tmp/found"
refuse 66 'missing.txt' conform "${target[@]}" missing.txt

step 'convert'
for file in corpus/seeds/*.txt; do
	"$rcfuzz" convert --to binary -o "$tmp/x.bin" "$file"
	"$rcfuzz" convert -o "$tmp/x.txt" "$tmp/x.bin"
	"$rcfuzz" convert --to binary -o "$tmp/y.bin" "$tmp/x.txt"
	holds "convert $file: there and back is another scenario" cmp -s "$tmp/x.bin" "$tmp/y.bin"
done

step 'run'
expect 1 run "${target[@]}" --engine random --execs 4000 --seed 1 --out "$tmp/one" --format json
json "$tmp/out" 'd["schema"] == 1 and d["execs"] == 4000 and d["failed"] and len(d["findings"]) > 0'
cp "$tmp/out" "$tmp/first.json"
holds 'no findings.jsonl' [ -s "$tmp/one/findings.jsonl" ]
holds 'findings.jsonl is not as promised' python3 - "$tmp/one" << 'END'
import json, os, sys
fields = ("id class severity signature coarse title layer writers scenario ops preemptions l1 target rcfuzz seed count "
          "execs seconds").split()
for line in open(os.path.join(sys.argv[1], "findings.jsonl")):
    record = json.loads(line)
    assert record["schema"] == 1 and all(name in record for name in fields), record
    assert os.path.exists(os.path.join(sys.argv[1], record["scenario"])), record["scenario"]
END
expect 1 run "${target[@]}" --engine random --execs 4000 --seed 1 --out "$tmp/two" --format json
holds 'the same seed found something else' python3 - "$tmp/first.json" "$tmp/out" << 'END'
import json, sys
a, b = ({f["signature"]: f["ops"] for f in json.load(open(path))["findings"]} for path in sys.argv[1:])
sys.exit(a != b)
END
expect 0 run "${target[@]}" --engine random --execs 500 --seed 1 --fail-on none --out "$tmp/none"
# Of a second run into the folder the seeds take the place of the first one's, but for what both have.
ls "$tmp/none/seeds" > "$tmp/seeds-before"
touch "$tmp/none/seeds/mine.txt"
expect 0 run "${target[@]}" --engine random --execs 500 --seed 2 --fail-on none --out "$tmp/none"
holds 'seeds pile up' [ "$(find "$tmp/none/seeds" -type f | wc -l)" -eq $(($(wc -l < "$tmp/seeds-before") + 1)) ]
holds 'the seeds of a run are not its own' \
	[ "$(find "$tmp/none/seeds" -type f -printf '%f\n' | grep -vcxFf "$tmp/seeds-before")" -eq 65 ]
expect 1 run "${target[@]}" --time 3s --jobs 2 --out "$tmp/fuzzer" && shows 'edges\|states'

if command -v afl-fuzz > "$tmp/err" && [ -x "$(dirname "$rcfuzz")/rcfuzz-afl" ]; then
	refuse 64 'one instance' run --engine afl --jobs 2
	expect 1 run --engine afl --schedule pct --verify --time 20s --seed 1 --out "$tmp/afl" --format json
	json "$tmp/out" 'd["engine"] == "afl" and d["execs"] > 100 and d["edges"] > 100 and len(d["findings"]) > 0'
	json "$tmp/out" "d['execs'] > 1.5 * $(awk '/^execs_done/ {print $3}' "$tmp/afl/afl/default/fuzzer_stats")"
else
	echo '# no AFL++ here: --engine afl was not tried'
fi
driver=$(dirname "$rcfuzz")/rcfuzz-driver
if [ -x "$driver" ]; then
	code=0
	"$driver" "$tmp/k.so" "$tmp/one/findings" > "$tmp/out" 2> "$tmp/err" || code=$?
	holds "the engine-free driver ends with $code" [ "$code" -eq 1 ]
	shows 'lost-dirty'
	for flavour in coverage access profile; do # what engines count, nobody counts there
		expect 0 build --flavour "$flavour" --page-size 64k -o "$tmp/$flavour.so"
		code=0
		"$driver" "$tmp/$flavour.so" corpus/seeds/first-store.txt "$tmp/one/findings" > "$tmp/out" 2> "$tmp/err" || code=$?
		holds "with a module of the flavour $flavour the driver ends with $code" [ "$code" -eq 1 ]
		shows 'lost-dirty'
	done
fi

step 'ops that the kernel refuses'
cat > "$tmp/refused.txt" << 'END'
rcfuzz-scenario 1
config page=64k
a l1    create    guest=1
b l1    map       guest=1 n=3 g=4
c l2    enter     guest=1
d l2    signal
e l2    exit
f host  nomem
g host  log.start slot=0
h host  log.start slot=0
i l2    store     guest=1 n=3
j l1    corrupt   guest=1 n=3 g=0 junk=leaf-beyond
k l1    tlbie     guest=1 n=3
l l2    store     guest=1 n=3
m l1    nonsense  guest=1 n=7 count=9 hcall=enter-nested-state
n l1    map       guest=1 n=3 g=4
o l2    store     guest=1 n=3
END
expect 0 replay "${target[@]}" --format json "$tmp/refused.txt"
# L2 is out after the signal; -ENOMEM once; no memory behind the leaf, until L1 mends it; H_PARAMETER for a vCPU token.
json "$tmp/out" '{o["op"][0]: o["note"] for o in d["timeline"] if o["note"]} == {
	"e": "status -1", "g": "status -12", "l": "the access failed, status -1", "m": "status -4"}'

step 'schedules'
race=corpus/known/harvest-misses-unmap.txt
expect 1 explore "${target[@]}" --out "$tmp/explored" "$race" && shows 'lost-dirty-host: ' && shows ' at [a-z_]*:[a-z]*:'
schedules=$(sed -n '1s/ schedules.*//p' "$tmp/out")
expect 1 replay -q "${target[@]}" --verify "$tmp"/explored/findings/lost-dirty-host-*.txt && shows 'lost-dirty-host'
# Of two ops, more preemptions make more schedules, and those with fewer are among them.
expect 1 explore "${target[@]}" --preemptions 2 "$race"
holds "two preemptions make no more than $schedules schedules" \
	[ "$(sed -n '1s/ schedules.*//p' "$tmp/out")" -gt $((2 * schedules)) ]
expect 0 explore "${target[@]}" --schedules 5 "$race" && shows '^5 schedules .*there are more'
expect 0 explore "${target[@]}" --ops d,e "$seed" && shows ' different$'
# What was found before the end is on the disk, and told of: when it is stopped, and when a schedule kills the process.
stopped_explore() { # stopped_explore NAME: start one that takes long, and wait until it has found something
	"$rcfuzz" explore "${target[@]}" --preemptions 3 --schedules 10000000 --out "$tmp/$1" --ops e,f,d \
		corpus/known/harvest-misses-unmap.txt > "$tmp/out" 2> "$tmp/err" &
	pid=$!
	for _ in $(seq 600); do
		[ -n "$(find "$tmp/$1/findings" -type f 2> /dev/null)" ] && break
		sleep 0.1
	done
}
stopped_explore explore-term
kill -TERM "$pid"
code=0
wait "$pid" || code=$?
holds "explore that is stopped ends with $code: $(cat "$tmp/err")" [ "$code" -eq 1 ]
shows '^[1-9][0-9]* schedules .*interrupted' && shows "$tmp/explore-term/findings/"
stopped_explore explore-killed
kill -KILL "$(cat "/proc/$pid/task/$pid/children")"
code=0
wait "$pid" || code=$?
holds "explore with a schedule that kills the process ends with $code: $(cat "$tmp/err")" [ "$code" -eq 1 ]
shows '^[1-9][0-9]* schedules .*killed the process' && shows "$tmp/explore-killed/findings/crash-"
expect 0 convert "$tmp"/explore-killed/findings/crash-*.txt
# R goes with the mapping: who asks before the notifier has returned is told of no loss.
expect 0 replay -q "${target[@]}" corpus/seeds/aging-inside-an-unmap.txt && shows 'no finding'
# Three ops of one vCPU cannot interrupt one another: all orders of them are left.
printf 'rcfuzz-scenario 1\nconfig page=64k slot=4\na l1 store g=0\nb l1 store g=1\nc l1 store g=2\n' > "$tmp/three.txt"
expect 0 explore "${target[@]}" --preemptions 2 --ops a,b,c "$tmp/three.txt" && shows '^6 schedules .* 6 different$'
# What the module does not come to is said, and what belongs to one build.
sed 's/level=access//; s/config .*/& level=access/; s/at .*/at kvmppc_unmap_pte:read:rmap#1/' "$race" > "$tmp/access.txt"
expect 0 replay -q "${target[@]}" "$tmp/access.txt"
holds 'an access that is no yield point here is not told' grep -q \
	'access.txt: e does not come to kvmppc_unmap_pte:read:rmap#1; level=access wants' "$tmp/err"
sed 's/at .*/at *#3/' "$race" > "$tmp/number.txt"
expect 0 replay -q "${target[@]}" "$tmp/number.txt"
holds 'a yield point by number is not told' grep -q 'number.txt: .*only in the build' "$tmp/err"
expect 1 check "${target[@]}" "$tmp/number.txt" && shows '^# .*number.txt: .*#3 .*only in the build'
sed 's/^config/module 01234567\n&/' "$tmp/number.txt" > "$tmp/elsewhere.txt"
expect 0 replay -q "${target[@]}" "$tmp/elsewhere.txt"
holds 'a number that belongs to another module is not told' grep -q 'only in module 01234567, not in this one' "$tmp/err"
sed "s/^config/module $("$rcfuzz" info "$tmp/k.so" | sed -n 's/^hash *//p')\n&/" "$tmp/number.txt" > "$tmp/here.txt"
expect 0 replay -q "${target[@]}" "$tmp/here.txt"
holds 'a number in its own module is remarked on' [ "$(grep -c 'at that place only' "$tmp/err")" -eq 0 ]
expect 0 check "${target[@]}" "$seed"
holds 'an entry with names is told to hold for one build' [ "$(grep -c 'only in the build' "$tmp/out")" -eq 0 ]
# Where it is shows in the kernel's own words, for a number too: the function that the name has, and a line of it.
expect 1 replay "${target[@]}" "$race" && shows '^          in [a-z_]* [a-z0-9_]*\.c:[0-9]*$' && shows '^          from [a-z_]* '
# Where an op is interrupted, and where it lets the other go on, in the kernel's functions.
expect 0 replay "${target[@]}" --format json "corpus/seeds/clean-inside-a-harvest.txt"
json "$tmp/out" "[s['where']['function'] for s in d['timeline'] if s['parent']] == 2 * ['kvm_radix_test_clear_dirty']"
json "$tmp/out" "[r['where']['function'] for r in d['timeline'][5]['returns']] == ['kvmhv_invalidate_shadow_pte']"
expect 1 replay "${target[@]}" --format json "$race"
json "$tmp/out" 'any(s["parent"] and s["where"]["function"] == s["at"].split(":")[0] and s["where"]["line"] > 0 and
	s["where"]["callers"] for s in d["timeline"])'
# Who takes a translation out of the TLB, though no entry of it changes then.
json "$tmp/out" 'any(c["place"] == "tlb" and c["function"] == "kvmppc_radix_tlbie_page" and c["line"] > 0 and
	int(c["old"], 16) >> 63 and not int(c["new"], 16) for s in d["timeline"] for c in s["changes"])'
# Whoever changes an entry is told, also who takes it away: of each op that runs by itself, all that its row shows.
"$rcfuzz" replay "${target[@]}" --format json corpus/known corpus/seeds > "$tmp/out" 2> "$tmp/err"
holds "a change of an entry that nobody has made" python3 - "$tmp/out" << 'END'
import json, sys
changes = removals = 0
for line in open(sys.argv[1]):
    steps = json.loads(line)["timeline"]
    parents = {s["parent"] for s in steps}
    for s in (s for s in steps if s["ran"]):
        for place in "l0-pte", "shadow-pte":
            was, now = s["before"][place], s["after"][place]
            if was != now and not s["parent"] and s["label"] not in parents:
                assert any(c["place"] == place and c["function"] for c in s["changes"]), (line[:200], s["op"], place)
                changes += 1
                removals += now == ".."
assert changes > 100 and removals > 10, (changes, removals)
END
expect 0 replay "${target[@]}" "$tmp/number.txt" && shows '^          in [a-z_]* [a-z0-9_]*\.c:[0-9]*$'
for strategy in random pct; do
	expect 0 run "${target[@]}" --engine random --schedule "$strategy" --verify --execs 3000 --seed 3 --fail-on none \
		--out "$tmp/$strategy"
done
numbers=$(grep -l '^ *at \*#' "$tmp"/random/findings/*.raw.txt | head -n 1)
holds 'a finding whose preemptions have numbers does not say of which module' grep -q '^module [0-9a-f]\{32\}$' "$numbers"
cat "$tmp"/random/findings/*.raw.txt > "$tmp/random.txt"
cat "$tmp"/pct/findings/*.raw.txt > "$tmp/pct.txt"
if cmp -s "$tmp/random.txt" "$tmp/pct.txt"; then fail 'random and pct made the same schedules'; else ok; fi

step 'what was found'
small=$(find "$tmp/one/findings" -name 'lost-dirty-*.txt' ! -name '*.raw.txt' | sort | head -n 1)
raw=${small%.txt}.raw.txt
expect 1 replay "${target[@]}" --verify "$small" && shows 'timeline' && shows '^>> '
holds 'it is not told what was compared' grep -q "^rcfuzz: $small: the same events, run twice in 1 build$" "$tmp/err"
sed 's/^config/konfig/' "$small" > "$tmp/misread.txt"
expect 65 replay "${target[@]}" "${target[@]}" --verify "$tmp/misread.txt"
holds 'it is told what was compared, of a file that cannot be read' [ "$(grep -c 'run twice' "$tmp/err")" -eq 0 ]
holds 'why a file cannot be read is told once a module' [ "$(grep -c "misread.txt:" "$tmp/err")" -eq 1 ]
expect 1 replay "${target[@]}" -q "$small" && shows 'lost-dirty'
expect 1 replay "${target[@]}" "${target[@]}" "$small" && shows 'lost-dirty'
expect 1 replay "${target[@]}" --format json "$small"
json "$tmp/out" 'd["findings"] and any(s["part"] for s in d["timeline"])'
# A command and a scenario's config are one line each, however long.
wide=$(awk 'length > 80 && !/^ *(rcfuzz replay|config) /' "$tmp"/one/reports/*.txt)
holds "a report is too wide: $wide" [ -z "$wide" ]
expect 0 minimize "${target[@]}" -o "$tmp/small.txt" "$raw" && expect 1 replay -q "${target[@]}" "$tmp/small.txt"
refuse 65 'nothing to keep' minimize "${target[@]}" "$seed"
expect 0 report "$tmp/one" && shows '^==== lost-dirty'
expect 0 report --format json "$tmp/one" && json "$tmp/out" 'len(d) > 0'
expect 0 report --format sarif -o "$tmp/x.sarif" "$tmp/one"
json "$tmp/x.sarif" 'd["version"] == "2.1.0" and len(d["runs"][0]["results"]) > 0'
expect 0 report --format ktap "$tmp/one" && shows '^KTAP version 1'
refuse 66 "no finding 'x'" report --id x "$tmp/one"
expect 0 corpus merge -o "$tmp/all" corpus/seeds "$tmp/one/findings"
expect 0 corpus minimize "${target[@]}" -o "$tmp/few" "$tmp/all"
expect 0 corpus stats "$tmp/few" && shows 'scenarios'
expect 0 info "$tmp/k.so" && shows '^version'
shows '^functions *[1-9][0-9]* of the kernel' && shows '^ *[1-9][0-9]* arch/powerpc/kvm/book3s_hv_nested.c$'
shows '^stand-ins *[1-9]' && shows '^ *[1-9][0-9]* registers are the machine'
expect 0 info --format json "$tmp/k.so" && json "$tmp/out" 'd["version"] and d["hash"]'
# Of each file that is compiled there are functions, and whatever the shim has by a name of the kernel's is accounted for.
json "$tmp/out" 'set(d["files"]) <= {f["file"] for f in d["functions"]}'
json "$tmp/out" 'not [s for s in d["stand_ins"] if s["kind"] == "unknown"]'
json "$tmp/out" '{"kfree", "kvmhv_run_single_vcpu", "asm/atomic.h", "down_read"} <= {s["name"] for s in d["stand_ins"]}'
expect 0 info --long "$tmp/k.so" && shows '^ *kvmhv_update_nest_rmap_rc:[0-9]' && shows '^ *kfree: mm/slub.c; an arena'

step 'minimised scenarios'
# One file each: an op left out, alone and with what interrupts it; a preemption left out, with its op and so that it runs
# behind; a preemption at each earlier yield point of its name; a value put to each lower one, a word to the default; an L1
# that keeps the rules.
cat > "$tmp/variants.py" << 'END'
import os, re, sys
lines, out = open(sys.argv[1]).read().splitlines(), sys.argv[2]
lowest = {"guest": 1, "guests": 1, "cpus": 1, "vcpus": 1, "count": 1, "slot": 0}
named = ("page", "lpid", "shadow", "l1lpid", "l1")
os.mkdir(out)
def write(name, text):
    open(os.path.join(out, name + ".txt"), "w").write("\n".join(text) + "\n")
def depth(line):
    return len(line) - len(line.lstrip())
def end_of(i):  # behind the op in line i, and what interrupts it
    end = i + 1
    while end < len(lines) and depth(lines[end]) > depth(lines[i]):
        end += 1
    return end
def alone(block):  # an op that runs inside another one, by itself: there is nothing to return to
    out = []
    for text in block:
        if text == "        return":
            out.pop()
        else:
            out.append(text[4:])
    return out
for i, line in enumerate(lines):
    if line.startswith(("#", "expect", "signature", "rcfuzz")):
        continue
    config = line.startswith("config")
    if line.lstrip().startswith("at "):
        # Its op, or "return", stands in the next line; what that one is interrupted by, below.
        inner = end_of(i + 1)
        write("preempt-%d" % i, lines[:i] + lines[inner:])
        op = lines[i + 1].strip() != "return"
        if op and depth(line) == 4:
            end = i
            while end < len(lines) and depth(lines[end]):
                end += 1
            write("behind-%d" % i, lines[:i] + lines[inner:end] + alone(lines[i + 1:inner]) + lines[end:])
        name, number = line.rsplit("#", 1)
        for lower in range(1, int(number)):
            write("earlier-%d-%d" % (i, lower), lines[:i] + ["%s#%d" % (name, lower)] + lines[i + 1:])
        continue
    if config and "l1=" not in line:
        write("tame", lines[:i] + [line + " l1=well-behaved"] + lines[i + 1:])
    # An op inside another one goes with the point at which it runs, above.
    if not config and not depth(line):
        write("drop-%d" % i, lines[:i] + lines[end_of(i):])
        # What interrupts it comes at the same place in the scenario, by itself.
        if end_of(i) > i + 1:
            inside = [text for text in lines[i + 1:end_of(i)] if depth(text) > 4 or not text.startswith("    at ")]
            write("alone-%d" % i, lines[:i] + alone(inside) + lines[end_of(i):])
    for field in re.finditer(r"(\w+)=(\S+)", line):
        name, value = field.groups()
        low = 4 if config and name == "slot" else lowest.get(name, 0)
        values = range(low, int(value)) if value.isdigit() else []
        for lower in () if config and name in named else values:
            changed = line[:field.start()] + "%s=%d" % (name, lower) + line[field.end():]
            write("lower-%d-%s-%d" % (i, name, lower), lines[:i] + [changed] + lines[i + 1:])
        # Words, and numbers that are names, stand there only if they are not the default.
        if (config and name in ("lpid", "shadow", "l1lpid")) or (not value.isdigit() and name not in ("page", "l1")):
            write("default-%d-%s" % (i, name), lines[:i] + [line[:field.start()] + line[field.end():]] + lines[i + 1:])
END
smallest() { # smallest FILE SIGNATURE: none of these may show the finding
	rm -rf "$tmp/variants" "$tmp/tried"
	python3 "$tmp/variants.py" "$1" "$tmp/variants"
	holds "$1: there is nothing to try" [ "$(find "$tmp/variants" -name 'drop-*' | wc -l)" -ge 1 ]
	"$rcfuzz" triage --target "$3" --no-minimize --out "$tmp/tried" "$tmp/variants" > "$tmp/out" 2> "$tmp/err"
	# A value may be none that the rest allows; what is left out may not.
	bad=$(grep -e 'left out: .*/\(drop\|alone\|preempt\|behind\|earlier\)-' "$tmp/err" | grep -v 'holds no op' | head -n 1)
	holds "$1: a variant is no scenario: $bad" [ -z "$bad" ]
	holds "$1 can be made smaller still: $(grep -F "\"$2\"" "$tmp/tried/journal.jsonl" | head -c 300)" \
		[ "$(grep -cF "\"$2\"" "$tmp/tried/journal.jsonl")" -eq 0 ]
	for kind in preempt earlier behind; do
		tried[$kind]=$((${tried[$kind]:-0} + $(find "$tmp/variants" -name "$kind-*" | wc -l)))
	done
	# A loss shows at an op of it, or it is said which harvest asks for it behind the last one.
	"$rcfuzz" replay --target "$3" --format json "$1" > "$tmp/told.json" 2> "$tmp/err"
	json "$tmp/told.json" "d['told']['signature'] != '$2' or not '$2'.startswith('lost-dirty') or
		d['told']['effect'] or d['told']['last_harvest']"
}
declare -A tried
smallest "$tmp/small.txt" "$(sed -n 's/^signature //p' "$small")" "$tmp/k.so"
# Of each entry what its module shows; races are seen in one that is instrumented for it.
expect 0 build --flavour access --page-size 64k -o "$tmp/access.so"
# The compiler has not made one of two calls that end alike: each build names the same line.
for module in k access; do
	"$rcfuzz" replay --format json --target "$tmp/$module.so" corpus/known/nest-rmap-tlbie-aging.txt 2> "$tmp/err" |
		grep -o '"kvmppc_handle_nested_exit","file":"[^"]*","line":[0-9]*' | sort > "$tmp/$module.lines" || true
done
holds 'two builds name another line of a call' cmp "$tmp/k.lines" "$tmp/access.lines"
holds 'the call is not named' [ -s "$tmp/k.lines" ]
# However long the scenario was: a preemption that had a number has a name in the end.
{
	printf 'rcfuzz-scenario 1\nconfig page=64k level=access\na l1 create guest=1\n'
	for i in {0..11}; do
		label=$(printf '%b' "\\x$(printf '%x' $((98 + i)))")
		printf '%s l1 map guest=1 n=%u g=%u\n' "$label" "$i" "$i"
		printf 'a%s l2 store guest=1 n=%u\n' "$label" "$i"
		printf 'b%s l1 unmap guest=1 n=%u\n' "$label" "$i"
	done
	printf 'y l1 store g=13\n    at *#20\n    z host unmap g=14\n'
} > "$tmp/long.txt"
expect 0 minimize --target "$tmp/access.so" --signature data-race "$tmp/long.txt" && shows '^    at [a-z_]*:read:'
for file in corpus/known/*.txt; do
	grep -q '^embargoed' "$file" && continue
	module=$tmp/k.so
	grep -q 'level=access' "$file" && module=$tmp/access.so
	"$rcfuzz" replay --target "$module" --format json "$file" > "$tmp/shown.json" 2> "$tmp/err"
	signatures=0
	while read -r signature; do
		grep -qF "\"$signature\"" "$tmp/shown.json" || continue
		signatures=$((signatures + 1))
		expect 0 minimize --target "$module" --signature "$signature" -o "$tmp/known.txt" "$file" || continue
		smallest "$tmp/known.txt" "$signature" "$module"
	done < <(sed -n 's/^signature //p' "$file")
	"$rcfuzz" check --target "$module" "$file" > "$tmp/out" 2> "$tmp/err"
	holds "$file shows no signature that it lists" [ "$signatures" -ge "$(grep -c XFAIL "$tmp/out")" ]
done
holds "preemptions were not tried: ${tried[*]}" [ "${tried[preempt]}" -ge 10 ]
holds "preemptions were not tried: ${tried[*]}" [ "${tried[behind]}" -ge 10 ]
holds "preemptions were not tried: ${tried[*]}" [ "${tried[earlier]}" -ge 1 ]

# Without a module that is named, those that run a scenario take one that has its yield points.
race=corpus/known/race-nested-idr.txt
expect 0 report --format ktap "$race" && shows '^not ok 1 - data-race-'
expect 0 minimize -o "$tmp/x.txt" "$race"
expect 1 triage --target "$tmp/access.so" --no-minimize --out "$tmp/races" "$race"
expect 0 report --format html "$tmp/races" && shows 'data-race'

step 'triage'
pile=$tmp/pile
mkdir -p "$pile/afl/default/crashes" "$pile/afl/default/queue" "$pile/run" "$pile/plain"
for file in fuzzer_stats fuzz_bitmap plot_data cmdline; do
	echo junk > "$pile/afl/default/$file"
done
echo 'Command line used to find this crash' > "$pile/afl/default/crashes/README.txt"
"$rcfuzz" convert --to binary -o "$pile/afl/default/crashes/id:000000,sig:06" "$small"
"$rcfuzz" convert --to binary -o "$pile/afl/default/queue/id:000000,orig:x" "$seed"
cp -r "$tmp/one/findings" "$tmp/one/reports" "$tmp/one/findings.jsonl" "$pile/run"
"$rcfuzz" convert --to binary -o "$pile/plain/crash-1234" "$raw"
ln -s "$small" "$pile/plain/link"
ln -s nowhere "$pile/plain/broken"
ln -s .. "$pile/plain/up"
mkfifo "$pile/plain/pipe"
cp "$tmp/bad.txt" "$tmp/huge.bin" "$pile/plain"
: > "$pile/plain/empty"
sed 's/page=64k/page=4k/g' "$seed" > "$pile/plain/other-page.txt"
# Somebody has put another one among the crashes of AFL++.
cp "$small" "$pile/afl/default/crashes/mine.txt"
# Those of the run, three of AFL++, and crash-1234, link, broken, up, pipe, bad, huge, empty, other-page.
inputs=$(($(find "$pile/run/findings" -type f | wc -l) + 12))
expect 1 triage "${target[@]}" "${target[@]}" --jobs 2 --out "$tmp/sorted" --format json "$pile"
json "$tmp/out" "d['inputs'] == $inputs and d['bad'] == 6 and d['passed_over'] == 7 and d['left'] == 0 and not d['interrupted']"
json "$tmp/out" 'all(f["kernels"] == ["yes", "yes"] and f["minimized"] and f["inputs"] > 1 for f in d["findings"])'
for message in 'bad.txt:3:' 'huge.bin' 'plain/empty: empty' 'broken: a link to nothing' 'other-page.txt:[0-9]*: written for 4k'; do
	holds "triage does not tell '$message'" grep -q "^rcfuzz: .*$message" "$tmp/err"
done
# What is told of on stderr may be cut short; the index has all of it.
for message in 'bad.txt:3:[0-9]*: ' 'huge.bin: .*larger than' 'plain/empty: empty' 'plain/broken[[:space:]]a link to nothing' \
	'plain/up[[:space:]]a link to a folder' 'plain/pipe[[:space:]]no file' 'crashes/mine.txt[[:space:]].*lost-dirty'; do
	holds "index.txt does not tell '$message'" grep -q "$message" "$tmp/sorted/index.txt"
done
holds 'what an engine keeps for itself is taken for an input' [ "$(grep -c 'README\|bitmap\|reports' "$tmp/sorted/index.txt")" -eq 0 ]
holds 'triage wrote no records' [ -s "$tmp/sorted/findings.jsonl" ]
expect 1 triage "${target[@]}" "${target[@]}" --out "$tmp/sorted" "$pile" && shows 'finding x kernel' &&
	shows 'were not replayed again'
expect 0 triage "${target[@]}" --known "$tmp/one/findings" --out "$tmp/sorted-known" "$tmp/one/findings" &&
	shows 'known: lost-dirty'
expect 65 triage "${target[@]}" --out "$tmp/x" "$tmp/bad.txt" /dev/null
holds 'a pile without a scenario is no error' grep -q '^rcfuzz: none of these 2 files' "$tmp/err"
refuse 66 'no-such-folder' triage "${target[@]}" --out "$tmp/x" no-such-folder
mkdir "$tmp/many"
for i in $(seq 3000); do
	ln "$seed" "$tmp/many/$i" 2> /dev/null || cp "$seed" "$tmp/many/$i"
done
"$rcfuzz" triage "${target[@]}" --jobs 1 --out "$tmp/sorted-many" "$tmp/many" "$small" > "$tmp/out" 2> "$tmp/err" &
pid=$!
for _ in $(seq 6000); do
	# More than its head: there is something to resume.
	[ "$(wc -l 2> /dev/null < "$tmp/sorted-many/journal.jsonl" || echo 0)" -gt 2 ] && break
	sleep 0.02
done
kill -INT "$pid"
code=0
wait "$pid" || code=$?
holds "an interrupted triage ends with $code" [ "$code" -le 1 ]
expect 1 triage "${target[@]}" --out "$tmp/sorted-many" --format json "$tmp/many" "$small"
json "$tmp/out" 'd["left"] == 0 and d["silent"] == 3000 and d["resumed"] > 0 and len(d["findings"]) == 1'

step 'check'
mkdir "$tmp/corpus"
cp "$small" "$tmp/corpus/lost.txt"
expect 0 check "${target[@]}" "$tmp/corpus" && shows '^ok 1 - .*lost.txt # XFAIL'
sed 's/^expect .*/expect * pass/' "$small" > "$tmp/corpus/lost.txt"
expect 1 check "${target[@]}" "$tmp/corpus" && shows '^not ok 1 - .*lost.txt'
sed 's/^signature .*/signature lost-dirty-host:tlb:elsewhere:no-tlbie/' "$small" > "$tmp/corpus/lost.txt"
expect 1 check "${target[@]}" "$tmp/corpus" && shows '^not ok 1 - .*lost.txt # another signature than the entry lists: '
# What an entry shows besides is another finding, unless it is listed.
cat > "$tmp/corpus/lost.txt" << 'END'
rcfuzz-scenario 1
expect * finding lost-dirty-host:tlb
signature lost-dirty-host:tlb:kvmhv_update_nest_rmap_rc:other-lpid
config page=64k l1=well-behaved
a l1 vpa g=1
b l1 vpa g=2 area=dtl
c l1 create guest=1
d l1 map guest=1 n=0 g=0
e host log.start slot=0
f l2 store guest=1 n=0
g host harvest slot=0
h l2 store guest=1 n=0
i host harvest slot=0
END
expect 1 check "${target[@]}" "$tmp/corpus" &&
	shows '^not ok 1 - .*lost.txt # another finding besides the expected one: lost-dirty-host: a store by the kernel'
sed -i 's/^expect .*/expect * finding lost-dirty-host/' "$tmp/corpus/lost.txt"
expect 1 check "${target[@]}" "$tmp/corpus" &&
	shows '^not ok 1 - .*lost.txt # another signature than the entry lists: .*:__kvmppc_create_dtl_entry'
sed -i 's/^expect .*/expect * finding lost-dirty-host:tlb\nsignature lost-dirty-host:dirty-bitmap:__kvmppc_create_dtl_entry/' \
	"$tmp/corpus/lost.txt"
expect 0 check "${target[@]}" "$tmp/corpus" && shows '^ok 1 - .*lost.txt # XFAIL lost-dirty-host'
sed 's/^expect/expect * has=nest_rmap_rc pass\nexpect/' "$small" > "$tmp/corpus/lost.txt"
expect 0 info "$tmp/k.so" && shows '^features .*' && shows '^ *nest_rmap_rc$'
expect 1 check "${target[@]}" "$tmp/corpus" && shows '^not ok 1 - .*lost.txt # lost-dirty'
sed 's/^expect/expect * has=no_such_thing pass\nexpect/' "$small" > "$tmp/corpus/lost.txt"
expect 0 check "${target[@]}" "$tmp/corpus" && shows '^ok 1 - .*lost.txt # XFAIL'
sed 's/^config/expect * finding lost-dirty-l1\nconfig/' "$seed" > "$tmp/corpus/lost.txt"
expect 1 check "${target[@]}" "$tmp/corpus" && shows '^not ok 1 - .*lost.txt # XPASS'
# What is only advisory fails an entry where that is asked for.
sed '/^signature/d; s/^expect .*/expect * pass/' corpus/known/aging-leaves-tlb.txt > "$tmp/corpus/lost.txt"
expect 0 check "${target[@]}" "$tmp/corpus" && shows '^ok 1 - .*lost.txt$'
expect 1 check --fail-on critical,high,advisory "${target[@]}" "$tmp/corpus" && shows '^not ok 1 - .*lost.txt # lost-ref-host'
refuse 64 "'advise' is no class and no severity" check --fail-on advise "${target[@]}" "$tmp/corpus"
cp "$tmp/secret.txt" "$tmp/corpus/lost.txt"
expect 4 check "${target[@]}" "$tmp/corpus" && shows '^ok 1 - .*lost.txt # SKIP'
# An entry that does not come to its yield point says nothing, whatever it expects.
race=corpus/known/stale-c-in-new-shadow-entry.txt
expect 0 check "${target[@]}" "$race" && shows '# XFAIL'
sed 's/kvmppc_create_pte:/kvmppc_make_pte:/' "$race" > "$tmp/corpus/lost.txt"
expect 1 check "${target[@]}" "$tmp/corpus" &&
	shows '^not ok 1 - .*lost.txt # point kvmppc_make_pte:lock:mmu_lock#2 of op e not reached: the kernel has no function'
expect 125 check --bisect "${target[@]}" "$tmp/corpus/lost.txt" && shows '^skip: nothing is shown, but point kvmppc_make_pte:'
sed -i 's/^expect .*/expect * pass/' "$tmp/corpus/lost.txt"
expect 1 check "${target[@]}" "$tmp/corpus" && shows '^not ok 1 - .*lost.txt # point .* no function'
# One of the function's names is enough; none of them is as bad as one that is not there.
sed 's/kvmppc_create_pte:/kvmppc_make_pte|kvmppc_create_pte:/' "$race" > "$tmp/corpus/lost.txt"
expect 0 check "${target[@]}" "$tmp/corpus" && shows '^ok 1 - .*lost.txt # XFAIL'
sed 's/kvmppc_create_pte:/kvmppc_make_pte|kvmppc_new_pte:/' "$race" > "$tmp/corpus/lost.txt"
expect 1 check "${target[@]}" "$tmp/corpus" &&
	shows '^not ok 1 - .*lost.txt # point kvmppc_make_pte|kvmppc_new_pte:lock.* not reached: the kernel has no function'
sed 's/mmu_lock#2/mmu_lock#9/' "$race" > "$tmp/corpus/lost.txt"
expect 1 check "${target[@]}" "$tmp/corpus" && shows '^not ok 1 - .*lost.txt # point .*mmu_lock#9 of op e not reached$'
expect 125 check --bisect "${target[@]}" "$tmp/corpus/lost.txt"
# A repair may have taken the lock away.
sed -i 's/^expect .*/expect * pass/' "$tmp/corpus/lost.txt"
expect 4 check "${target[@]}" "$tmp/corpus" && shows '^ok 1 - .*lost.txt # SKIP point .*mmu_lock#9 of op e not reached$'
sed 's/at kvmppc_create_pte:lock:mmu_lock#2/at *#2/' "$race" > "$tmp/number.txt"
refuse 193 'number.txt: .*#2 is at that place only in the build' check --bisect "${target[@]}" "$tmp/number.txt"
# Where a patch makes the kernel pass by, nothing was shown to be cured.
expect 0 check --recipe corpus/mutants/unmap-no-tlbie.recipe corpus/known/harvest-misses-unmap.txt \
	corpus/known/nest-rmap-tlbie.txt && shows '^ok 1 - .*harvest-misses-unmap.*# SKIP point .*:tlbie:page#1 of op e not' &&
	shows '^#   evades  *corpus/known/harvest-misses-unmap' && shows '^# cures 0, evades 1, leaves 1, breaks 0 of 2 entries'
# Races are seen in a module that is instrumented for it.
expect 4 check "${target[@]}" corpus/known/race-invalidate-seq.txt && shows '# SKIP only a module of the flavour access'
sed 's/^expect .*/expect * finding data-race/' corpus/known/race-invalidate-seq.txt > "$tmp/corpus/lost.txt"
expect 4 check "${target[@]}" "$tmp/corpus" && shows '# SKIP only a module of the flavour access'
cp "$tmp/bad.txt" "$tmp/corpus/a-bad.txt"
cp "$seed" "$tmp/corpus/good.txt"
expect 1 check "${target[@]}" "$tmp/corpus" && shows '^not ok 1 - .*a-bad.txt # .*:3:' && shows '^ok 2 - .*good.txt$'
expect 1 check "${target[@]}" /dev/null && shows '^not ok 1 - /dev/null # empty'
expect 1 check --recipe corpus/mutants/harvest-no-tlbie.recipe --recipe corpus/fixes/nest-rmap-shadow-lpid.recipe \
	corpus/known/nest-rmap-tlbie.txt corpus/known/dtl-not-dirty.txt corpus/seeds/tables-slot-log.txt &&
	shows '^#   cures  *corpus/known/nest-rmap-tlbie.txt' && shows '^#   leaves .*dtl-not-dirty.txt' &&
	shows '^#   breaks .*tables-slot-log.txt' && shows '^# cures 1, evades 0, leaves 1, breaks 1 of 3 entries'
# An entry that shows two causes: the one that it is about is cured, the other one stays. That is no failure, whether the
# entry says what it expects of a kernel with this recipe, or knows nothing of it.
cp corpus/fixes/nest-rmap-shadow-lpid.recipe "$tmp/unheard-of.recipe"
for recipe in corpus/fixes/nest-rmap-shadow-lpid.recipe "$tmp/unheard-of.recipe"; do
	expect 0 check --recipe "$recipe" corpus/known/nest-rmap-tlbie-process.txt && shows '^ok 1 - ' &&
		shows '^#   cures .*-process.txt  *lost-dirty-host:tlb:l2-store; leaves warn:' &&
		shows '^# cures 1, evades 0, leaves 0, breaks 0 of 1 entries'
done
# A finding of a kernel that a recipe has changed says so, by this recipe's name.
expect 1 run --recipe "$tmp/unheard-of.recipe" --engine random --execs 1000 --seed 1 --out "$tmp/changed" &&
	shows '^patched  *unheard-of.recipe$'
id=$(basename "$(find "$tmp/changed/reports" -name '*.txt' | head -n 1)" .txt)
expect 0 report --format json --id "$id" "$tmp/changed" && json "$tmp/out" 'd[0]["target"]["recipes"] == ["unheard-of.recipe"]'
expect 1 check --bisect "${target[@]}" "$small"
expect 0 check --bisect "${target[@]}" <(cat "$seed")
sed 's/^expect .*/expect * finding lost-dirty-l1:rmap:none/' "$small" > "$tmp/other.txt"
expect 125 check --bisect "${target[@]}" "$tmp/other.txt"
mkdir "$tmp/empty-tree"
expect 125 check --bisect --kernel "$tmp/empty-tree" "$small"
refuse 194 'missing.txt' check --bisect "${target[@]}" "$tmp/missing.txt"
refuse 192 'one entry' check --bisect "${target[@]}" "$small" "$raw"
refuse 192 'unknown option' check --bisect --no-such-option

# What is not there, or cannot be read, fails by itself; the rest is checked.
mkdir -p "$tmp/deep/loop.txt"
expect 1 check "${target[@]}" "$tmp/missing.txt" "$tmp/deep/loop.txt/x" "$tmp/corpus/good.txt" "$tmp/no-folder" "$seed" &&
	shows '^1\.\.5$' && shows '^not ok 1 - .*missing.txt # .*missing.txt: .*No such file' && shows '^not ok 2 - .*loop.txt/x #' &&
	shows '^ok 3 - .*good.txt$' && shows '^not ok 4 - .*no-folder # ' && shows '^ok 5 - .*first-store.txt$'
holds "check tells on stderr what is in its results: $(head -n 1 "$tmp/err")" [ ! -s "$tmp/err" ]

step 'a scenario for another page size'
# It runs all the same; each verb that runs it says so in one line, with the file, its line and both sizes.
other=$tmp/other-page.txt
sed 's/page=64k/page=4k/; s/^expect \*/expect * page=4k/' corpus/known/nest-rmap-tlbie.txt > "$other"
remark="other-page.txt:$(grep -n '^config' "$other" | cut -d: -f1): written for 4k pages, this kernel has 64k"
remarks() { # remarks WHAT: the last command has told it once, on stderr
	holds "$1: told $(grep -c "$remark" "$tmp/err") times: $(head -c 300 "$tmp/err")" [ "$(grep -c "$remark" "$tmp/err")" -eq 1 ]
}
expect 1 replay -q "${target[@]}" "$other" "$seed" && remarks replay && shows 'first-store.txt: no finding'
expect 0 minimize "${target[@]}" -o "$tmp/x.txt" "$other" && remarks minimize
for format in text json html; do
	expect 0 report --format "$format" "${target[@]}" "$other" && remarks "report --format $format"
done
expect 1 triage "${target[@]}" --no-minimize --out "$tmp/other-triage" "$other" "$seed" && remarks triage
RCFUZZ_STAGE=$tmp/no-stage expect 66 confirm "${target[@]}" "$other" && remarks confirm
expect 1 check --bisect "${target[@]}" "$other" && remarks 'check --bisect'
expect 1 check "${target[@]}" "$other" "$seed" && shows '^ok 2 - ' &&
	holds "check does not tell before the result: $(cat "$tmp/out")" \
		[ "$(grep -B1 '^not ok 1 - ' "$tmp/out" | head -n 1 | grep -c "^# .*$remark")" -eq 1 ]
# A folder of them is told of with one line.
mkdir "$tmp/other-seeds"
for i in 1 2 3; do
	cp "$other" "$tmp/other-seeds/$i-other-page.txt"
done
cp "$seed" "$tmp/other-seeds"
expect 0 run "${target[@]}" --engine random --execs 10 --fail-on none --corpus "$tmp/other-seeds" --out "$tmp/other-run" &&
	remarks run
holds 'run does not count those for another page size' grep -q '1-other-page.txt:.* with 2 more files' "$tmp/err"
# The project's own are for both.
expect 0 run "${target[@]}" --engine random --execs 10 --fail-on none --corpus corpus/seeds --out "$tmp/own-run"
holds 'run tells of its own seeds' [ "$(grep -c 'written for' "$tmp/err")" -eq 0 ]
# Of many inputs not each is told of.
mkdir "$tmp/other-many"
for i in $(seq 30); do
	cp "$other" "$tmp/other-many/$i-other-page.txt"
done
expect 1 triage "${target[@]}" --no-minimize --out "$tmp/other-many-triage" "$tmp/other-many"
holds "triage tells of $(grep -c "$remark" "$tmp/err") of 30" [ "$(grep -c "$remark" "$tmp/err")" -eq 10 ]
# An entry that says what it expects of this size is for it as well.
sed 's/^expect/expect * page=64k finding lost-dirty-host:tlb\nexpect/' "$other" > "$tmp/both.txt"
expect 0 check "${target[@]}" "$tmp/both.txt" && shows '# XFAIL' &&
	holds 'what expects something of both sizes is told of' [ "$(grep -c 'written for' "$tmp/out")" -eq 0 ]

step 'known findings'
mkdir "$tmp/known"
for file in "$tmp"/one/findings/*.raw.txt; do
	cp "$file" "$tmp/known/"
done
expect 0 run "${target[@]}" --engine random --execs 4000 --seed 1 --known "$tmp/known" --out "$tmp/known-run" &&
	shows '^0 new findings'
holds 'a new folder has findings of earlier runs' [ "$(grep -c 'of earlier runs' "$tmp/out")" -eq 0 ]
# Another run into it tells what it has not met of what is there.
expect 0 run "${target[@]}" --engine random --execs 1 --known "$tmp/known" --out "$tmp/known-run" --fail-on none &&
	shows "^[1-9][0-9]* more of earlier runs in it, not met this time; 'rcfuzz report .*known-run' shows all"
expect 0 run "${target[@]}" --engine random --execs 1 --known "$tmp/known" --out "$tmp/known-run" --fail-on none \
	--format json && json "$tmp/out" 'd["earlier"] > 0'
cp "$tmp/bad.txt" "$tmp/known/"
printf 'rcfuzz-scenario 1\nexpect 6.12 maybe\nconfig page=64k\n' > "$tmp/known/worse.txt"
expect 0 run "${target[@]}" --engine random --execs 4000 --seed 1 --known "$tmp/known" --out "$tmp/known-again" &&
	shows '^0 new findings' && shows 'known: lost-dirty'
for message in 'bad.txt:3:' 'worse.txt:2:'; do
	holds "--known does not tell '$message'" grep -q "^rcfuzz: --known: left out: .*$message" "$tmp/err"
done
# Entries that list one signature are all named, in one order.
mkdir "$tmp/alike"
for name in c a b; do
	cp "$small" "$tmp/alike/$name.txt"
done
expect 0 triage "${target[@]}" --no-minimize --known "$tmp/alike" --out "$tmp/alike-out" "$small" &&
	shows 'known: a.txt, b.txt, c.txt$'
# What shows like a known finding, class, layer and role, is another one if its signature is.
sed -i 's/^signature .*/signature lost-dirty-host:tlb:elsewhere:no-tlbie/' "$tmp"/known/*.txt
expect 1 run "${target[@]}" --engine random --execs 4000 --seed 1 --known "$tmp/known" --out "$tmp/known-other" &&
	shows '^[1-9][0-9]* new finding'

step 'places that cannot be written'
refuse 74 'cannot write' run "${target[@]}" --execs 10 --out /proc/rcfuzz
touch "$tmp/file"
refuse 74 'cannot write' run "${target[@]}" --execs 10 --out "$tmp/file"
refuse 74 'cannot' convert -o /proc/rcfuzz/x "$seed"
if [ -e /dev/full ]; then
	code=0
	"$rcfuzz" report --format json "$tmp/one" > /dev/full 2> "$tmp/err" || code=$?
	holds "a full stdout ends with $code" [ "$code" -eq 74 ]
fi
mkdir "$tmp/tiny"
if [ "$(id -u)" -eq 0 ] && mount -t tmpfs -o size=1m none "$tmp/tiny" 2> /dev/null; then
	mounted=$tmp/tiny
	code=0
	"$rcfuzz" run "${target[@]}" --engine random --execs 100 --seed 1 --out "$tmp/tiny/out" > /dev/null 2>&1 || code=$?
	before=$(wc -l < "$tmp/tiny/out/findings.jsonl")
	head -c 2000000 /dev/zero > "$tmp/tiny/filler" 2> /dev/null
	code=0
	timeout 60 "$rcfuzz" run "${target[@]}" --engine random --time 40s --seed 2 --out "$tmp/tiny/out" \
		> /dev/null 2> "$tmp/err" || code=$?
	holds "a full disk ends with $code: $(tail -n 1 "$tmp/err")" [ "$code" -eq 74 ]
	holds "a full disk is not told: $(tail -n 1 "$tmp/err")" grep -q '^rcfuzz: .*No space' "$tmp/err"
	after=$(wc -l < "$tmp/tiny/out/findings.jsonl")
	holds 'a full disk has cost findings' [ "$after" -ge "$before" ]
	code=0
	XDG_CACHE_HOME=$tmp/tiny/cache "$rcfuzz" build > /dev/null 2> "$tmp/err" || code=$?
	holds "a build in a full cache ends with $code: $(tail -n 1 "$tmp/err")" [ "$code" -eq 74 ]
	rm "$tmp/tiny/filler"
	code=0
	XDG_CACHE_HOME=$tmp/tiny/cache "$rcfuzz" build > /dev/null 2> "$tmp/err" || code=$?
	holds "unpacking into a cache that gets full ends with $code" [ "$code" -eq 74 ]
	holds "it is not told: $(tail -n 1 "$tmp/err")" grep -q 'no space left to unpack' "$tmp/err"
	holds 'a full disk leaves half a record' python3 -c \
		'import json, sys; [json.loads(line) for line in open(sys.argv[1])]' "$tmp/tiny/out/findings.jsonl"
else
	echo '# no tmpfs here: a full disk was not tried'
fi

step 'Ctrl-C'
interrupt() { # interrupt TIMES OUT: start a long run, interrupt it; its exit code is in $code
	local times=$1 out=$2 pid
	"$rcfuzz" run "${target[@]}" --time 10m --jobs 2 --seed 1 --out "$out" > "$tmp/out" 2> "$tmp/err" &
	pid=$!
	for _ in $(seq 300); do
		[ -s "$out/findings.jsonl" ] && break
		sleep 0.1
	done
	for _ in $(seq "$times"); do
		kill -INT "$pid" 2> /dev/null
		sleep 0.2
	done
	code=0
	wait "$pid" || code=$?
}
begin=$SECONDS
interrupt 1 "$tmp/int1"
holds "Ctrl-C ends with $code" [ "$code" -eq 1 ]
holds 'the summary does not say that it was interrupted' grep -q interrupted "$tmp/out"
interrupt 2 "$tmp/int2"
holds "Ctrl-C twice ends with $code" [ "$code" -eq 1 ]
holds 'Ctrl-C has cost findings' [ -s "$tmp/int1/findings.jsonl" ]
holds 'Ctrl-C twice has cost findings' [ -s "$tmp/int2/findings.jsonl" ]
holds 'Ctrl-C takes too long' [ $((SECONDS - begin)) -lt 60 ]

step 'no terminal, no colour'
"$rcfuzz" run "${target[@]}" --engine random --execs 2000 --seed 1 --out "$tmp/plain" > "$tmp/out" 2>&1
if grep -q "$(printf '\033')" "$tmp/out"; then fail 'escape sequences in a file'; else ok; fi

echo
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
