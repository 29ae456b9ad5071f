package script

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
)

//go:embed worker.py
var pythonWorker []byte

//go:embed worker.R
var rWorker []byte

// system is what a script sees of the machine, all read-only. What does not exist is left out.
var system = []string{"/usr", "/etc/alternatives", "/etc/ld.so.cache", "/etc/R", "/etc/fonts", "/etc/matplotlibrc", "/etc/python3", "/etc/localtime"}

// merged are the folders that are links into /usr on current systems.
var merged = []string{"/bin", "/lib", "/lib64"}

// Numbers of the files that a sandbox is started with. The first ones are closed before the script runs.
const (
	filterFile = 3 + iota
	workerFile
	infoFile
	requestFile
	answerFile
)

// interpreter is how one language is started.
type interpreter struct {
	command     []string // what runs, with the worker's program as its last argument but two
	environment map[string]string
	worker      []byte
}

// find looks for what a language needs. It returns fault.Unavailable, and says what to install.
func (o *Options) find(ctx context.Context, l Language) (*interpreter, error) {
	if _, err := exec.LookPath(o.Sandbox); err != nil {
		return nil, unavailable("%s scripts run behind bubblewrap, which is not at %s: install it (Debian: apt-get install bubblewrap), or set script-sandbox to where it is.", l, o.Sandbox)
	}
	const program = "/run/worker"
	switch l {
	case Python:
		if _, err := exec.LookPath(o.Python); err != nil {
			return nil, unavailable("Python scripts need Python 3 with pandas, which is not at %s: install it (Debian: apt-get install python3-pandas), or set script-python to where it is.", o.Python)
		}
		return &interpreter{
			command:     []string{o.Python, "-s", program, strconv.Itoa(requestFile), strconv.Itoa(answerFile)},
			environment: map[string]string{"MPLBACKEND": "Agg", "MPLCONFIGDIR": "/tmp", "PYTHONDONTWRITEBYTECODE": "1", "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"},
			worker:      pythonWorker,
		}, nil
	default:
		out, err := exec.CommandContext(ctx, o.R, "RHOME").Output()
		if err != nil {
			return nil, unavailable("R scripts need R, which is not at %s: install it (Debian: apt-get install r-base-core), or set script-r to where it is.", o.R)
		}
		home := strings.TrimSpace(string(out))
		descriptor := func(n int) string { return "/dev/fd/" + strconv.Itoa(n) }
		return &interpreter{
			// The front end is a shell script, which would need further processes.
			command: []string{filepath.Join(home, "bin/exec/R"), "--vanilla", "--no-echo", "--no-readline", "--file=" + program, "--args", descriptor(requestFile), descriptor(answerFile)},
			environment: map[string]string{"R_HOME": home, "R_DEFAULT_PACKAGES": "NULL", "R_SHARE_DIR": "/usr/share/R/share", "R_INCLUDE_DIR": "/usr/share/R/include", "R_DOC_DIR": "/usr/share/R/doc",
				"LD_LIBRARY_PATH": filepath.Join(home, "lib"), "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"},
			worker: rWorker,
		}, nil
	}
}

// arguments are bubblewrap's.
func (o *Options) arguments(in *interpreter) []string {
	args := []string{"--unshare-all", "--die-with-parent", "--new-session", "--as-pid-1", "--clearenv", "--hostname", "script",
		"--seccomp", strconv.Itoa(filterFile), "--info-fd", strconv.Itoa(infoFile)}
	for _, path := range system {
		args = append(args, "--ro-bind-try", path, path)
	}
	for _, path := range merged {
		if target, err := os.Readlink(path); err == nil {
			args = append(args, "--symlink", target, path)
		} else {
			args = append(args, "--ro-bind-try", path, path)
		}
	}
	size := strconv.FormatInt(o.Scratch, 10)
	args = append(args, "--proc", "/proc", "--dev", "/dev", "--remount-ro", "/dev",
		"--size", size, "--tmpfs", "/tmp", "--size", size, "--tmpfs", "/scratch",
		"--ro-bind-data", strconv.Itoa(workerFile), "/run/worker", "--remount-ro", "/", "--chdir", "/scratch")
	environment := map[string]string{"PATH": "/usr/bin:/bin", "HOME": "/scratch", "TMPDIR": "/tmp", "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8", "TZ": "UTC"}
	for _, e := range []map[string]string{environment, in.environment} {
		for name, value := range e {
			args = append(args, "--setenv", name, value)
		}
	}
	// The limits that the kernel keeps for one process. There is but one.
	args = append(args, "--", "/usr/bin/prlimit", "--as="+strconv.FormatInt(o.Memory, 10), "--fsize="+size, "--core=0", "--nofile=256", "--")
	return append(args, in.command...)
}

// start starts an interpreter in a sandbox and gives it with the ends of the pipes.
func (o *Options) start(in *interpreter) (*worker, error) {
	program, err := filter()
	if err != nil {
		return nil, unavailable("%v.", err)
	}
	var given, kept []*os.File // what the child and we hold
	closeAll := func(files []*os.File) {
		for _, f := range files {
			f.Close()
		}
	}
	defer func() { closeAll(given) }()
	// toChild and fromChild make a pipe of which the child has the end for reading or for writing.
	pipe := func(toChild bool) error {
		r, w, err := os.Pipe()
		if err != nil {
			return err
		}
		if !toChild {
			r, w = w, r
		}
		given, kept = append(given, r), append(kept, w)
		return nil
	}
	for _, toChild := range []bool{true, true, false, true, false, false, false} { // in the order of the files' numbers, then the outputs
		if err := pipe(toChild); err != nil {
			closeAll(kept)
			return nil, fmt.Errorf("pipe to a script: %w", err)
		}
	}
	w := &worker{requests: kept[3], answers: kept[4], outputs: [2]*os.File{kept[5], kept[6]}, command: exec.Command(o.Sandbox, o.arguments(in)...)}
	w.command.Env = []string{}
	w.command.ExtraFiles = given[:5]
	w.command.Stdout, w.command.Stderr = given[5], given[6]
	if err := w.command.Start(); err != nil {
		closeAll(kept)
		return nil, fmt.Errorf("start the sandbox of a script: %w", err)
	}
	closeAll(given)
	given = nil
	for i, content := range [][]byte{program, in.worker} {
		// Where bubblewrap has ended already, the first job finds out.
		_, _ = kept[i].Write(content)
		kept[i].Close()
	}
	w.pid = childOf(kept[2])
	return w, nil
}

// childOf reads the number of the script's process, which bubblewrap tells once it has made it; 0 where it has not.
func childOf(info *os.File) int {
	defer info.Close()
	var b bytes.Buffer
	if _, err := b.ReadFrom(info); err != nil {
		return 0
	}
	var told struct {
		Child int `json:"child-pid"`
	}
	if json.Unmarshal(b.Bytes(), &told) != nil {
		return 0
	}
	return told.Child
}
