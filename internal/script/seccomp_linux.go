package script

import (
	"encoding/binary"
	"fmt"
	"runtime"
)

// A filter of system calls in classic BPF, as seccomp(2) takes it. The sandbox
// has no network and none of the machine's files already; the filter takes away
// what would reach round the limits: further processes, which the limit of
// memory does not count together, memory files, and the kernel's wider surface.

// Of linux/seccomp.h, linux/bpf_common.h and linux/audit.h.
const (
	loadWord    = 0x20 // BPF_LD | BPF_W | BPF_ABS
	jumpEqual   = 0x15 // BPF_JMP | BPF_JEQ | BPF_K
	jumpAtLeast = 0x35 // BPF_JMP | BPF_JGE | BPF_K
	jumpBitsSet = 0x45 // BPF_JMP | BPF_JSET | BPF_K
	giveBack    = 0x06 // BPF_RET | BPF_K

	offsetNumber = 0  // seccomp_data.nr
	offsetArch   = 4  // seccomp_data.arch
	offsetFlags  = 16 // the low half of seccomp_data.args[0]

	retKill  = 0x80000000 // SECCOMP_RET_KILL_PROCESS
	retErrno = 0x00050000 // SECCOMP_RET_ERRNO
	retAllow = 0x7fff0000

	notPermitted   = 1 // EPERM
	notImplemented = 38
	cloneThread    = 0x10000 // CLONE_THREAD
	x32Bit         = 0x40000000
)

// calls are the numbers of system calls on one architecture.
type calls struct {
	audit         uint32
	clone, clone3 uint32
	denied        []uint32
}

// architectures: of asm/unistd_64.h and asm-generic/unistd.h. Denied are fork,
// vfork, ptrace, mount, umount2, unshare, setns, pivot_root, chroot, keyctl,
// add_key, request_key, bpf, perf_event_open, userfaultfd, memfd_create,
// memfd_secret, io_uring_setup, process_vm_readv, process_vm_writev, kexec_load,
// init_module, finit_module, personality, open_by_handle_at.
var architectures = map[string]calls{
	"amd64": {audit: 0xc000003e, clone: 56, clone3: 435, denied: []uint32{57, 58, 101, 165, 166, 272, 308, 155, 161, 250, 248, 249, 321, 298, 323, 319, 447, 425, 310, 311, 246, 175, 313, 135, 304}},
	"arm64": {audit: 0xc00000b7, clone: 220, clone3: 435, denied: []uint32{117, 40, 39, 97, 268, 41, 51, 219, 217, 218, 280, 241, 282, 279, 447, 425, 270, 271, 104, 105, 273, 92, 265}},
}

type instruction struct {
	code   uint16
	jt, jf uint8
	k      uint32
}

// filter is the program for this machine. It returns an error on an architecture that it does not know.
func filter() ([]byte, error) {
	c, ok := architectures[runtime.GOARCH]
	if !ok {
		return nil, fmt.Errorf("scripts cannot be confined on %s", runtime.GOARCH)
	}
	program := []instruction{
		{loadWord, 0, 0, offsetArch},
		{jumpEqual, 1, 0, c.audit},
		{giveBack, 0, 0, retKill},
		{loadWord, 0, 0, offsetNumber},
		{jumpAtLeast, 0, 1, x32Bit},
		{giveBack, 0, 0, retErrno | notPermitted},
		// clone3 hides its flags in memory: without it the C library takes clone.
		{jumpEqual, 0, 1, c.clone3},
		{giveBack, 0, 0, retErrno | notImplemented},
	}
	for _, number := range c.denied {
		program = append(program, instruction{jumpEqual, 0, 1, number}, instruction{giveBack, 0, 0, retErrno | notPermitted})
	}
	program = append(program,
		instruction{jumpEqual, 0, 3, c.clone},
		instruction{loadWord, 0, 0, offsetFlags},
		instruction{jumpBitsSet, 1, 0, cloneThread}, // a thread, not a process
		instruction{giveBack, 0, 0, retErrno | notPermitted},
		instruction{giveBack, 0, 0, retAllow})
	b := make([]byte, 0, 8*len(program))
	for _, i := range program {
		b = binary.NativeEndian.AppendUint16(b, i.code)
		b = append(b, i.jt, i.jf)
		b = binary.NativeEndian.AppendUint32(b, i.k)
	}
	return b, nil
}
