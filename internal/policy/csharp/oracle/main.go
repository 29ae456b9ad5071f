// Command oracle records what C# itself answers for the rows of the
// conformance file: it compiles every expression with mcs, runs them under mono
// with Newtonsoft.Json, and writes the answers back into the file. It needs
// Debian's mono-mcs and libnewtonsoft-json5.0-cil.
//
//	go run ./internal/policy/csharp/oracle [-file FILE]
package main

import (
	"bytes"
	_ "embed"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
)

//go:embed harness.cs
var harness string

func main() {
	file := flag.String("file", "internal/policy/csharp/testdata/conformance.tsv", "the rows, rewritten in place")
	dll := flag.String("newtonsoft", "/usr/lib/cli/Newtonsoft.Json-5.0/Newtonsoft.Json.dll", "Newtonsoft.Json's assembly")
	flag.Parse()
	if err := run(*file, *dll); err != nil {
		fmt.Fprintln(os.Stderr, "oracle:", err)
		os.Exit(1)
	}
}

func run(file, dll string) error {
	data, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	var lines []string
	var exprs []int // lines that hold a row
	for _, line := range strings.Split(strings.TrimRight(string(data), "\n"), "\n") {
		if line != "" && !strings.HasPrefix(line, "#") {
			exprs = append(exprs, len(lines))
			line, _, _ = strings.Cut(line, "\t")
		}
		lines = append(lines, line)
	}
	dir, err := os.MkdirTemp("", "oracle")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	rows := make([]string, len(exprs))
	for i, at := range exprs {
		rows[i] = lines[at]
	}
	refused, err := compile(dir, dll, rows)
	if err != nil {
		return err
	}
	answers, err := answer(dir, dll, len(rows))
	if err != nil {
		return err
	}
	for i, at := range exprs {
		if msg, ok := refused[i]; ok {
			fmt.Fprintf(os.Stderr, "refused: %s: %s\n", rows[i], msg)
			answers[i] = "refused"
		}
		lines[at] += "\t" + answers[i]
	}
	return os.WriteFile(file, []byte(strings.Join(lines, "\n")+"\n"), 0o644)
}

var errorLine = regexp.MustCompile(`rows\.cs\((\d+),\d+\): error (.*)`)

// compile builds the program; rows that mcs refuses are left out and reported.
func compile(dir, dll string, rows []string) (map[int]string, error) {
	refused := map[int]string{}
	for range 10 {
		if err := os.WriteFile(filepath.Join(dir, "rows.cs"), []byte(source(rows, refused)), 0o600); err != nil {
			return nil, err
		}
		cmd := exec.Command("mcs", "-langversion:7", "-nowarn:0162,0168,0219,0429,0183,0184,1718,0649", "-out:rows.exe",
			"-r:"+dll, "-r:System.Core", "-r:System.Xml", "-r:System.Xml.Linq", "-r:System.Net.Http", "-r:System.Web", "rows.cs")
		cmd.Dir = dir
		out, err := cmd.CombinedOutput()
		if err == nil {
			return refused, nil
		}
		found := false
		for _, m := range errorLine.FindAllSubmatch(out, -1) {
			line, _ := strconv.Atoi(string(m[1]))
			if row := line - 1; row < len(rows) {
				if _, ok := refused[row]; !ok {
					refused[row], found = string(m[2]), true
				}
			}
		}
		if !found {
			return nil, fmt.Errorf("mcs: %w: %s", err, out)
		}
	}
	return nil, errors.New("mcs still refuses after ten rounds")
}

// source writes one method a row, each on the line of its number, and the harness behind.
func source(rows []string, refused map[int]string) string {
	var b strings.Builder
	usings := "using System; using System.Collections.Generic; using System.Linq; using System.Text; using System.Text.RegularExpressions; " +
		"using System.Globalization; using System.Net; using System.Security.Cryptography; using System.Xml; using System.Xml.Linq; using System.Xml.XPath; using System.IO; using Newtonsoft.Json; " +
		"using Newtonsoft.Json.Linq; using Formatting = Newtonsoft.Json.Formatting; static partial class Rows { "
	b.WriteString(usings)
	for i, row := range rows {
		if _, ok := refused[i]; ok {
			b.WriteString("\n")
			continue
		}
		body := "{ return (" + strings.TrimSuffix(strings.TrimPrefix(row, "@("), ")") + "); }"
		if strings.HasPrefix(row, "@{") {
			body = strings.TrimPrefix(row, "@")
		}
		fmt.Fprintf(&b, "static object R%d() %s\n", i, body)
	}
	b.WriteString("static readonly Dictionary<int, Func<object>> All = new Dictionary<int, Func<object>> {")
	for i := range rows {
		if _, ok := refused[i]; !ok {
			fmt.Fprintf(&b, "{%d, R%d},", i, i)
		}
	}
	b.WriteString("}; }\n")
	b.WriteString(harness)
	return b.String()
}

// answer runs the program and reads its answers: "row\tanswer".
func answer(dir, dll string, n int) ([]string, error) {
	cmd := exec.Command("mono", "rows.exe")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "MONO_PATH="+filepath.Dir(dll), "LANG=C", "LC_ALL=C", "TZ=UTC")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("mono: %w: %s", err, stderr.Bytes())
	}
	answers := make([]string, n)
	for _, line := range strings.Split(string(out), "\n") {
		row, rest, ok := strings.Cut(line, "\t")
		if i, err := strconv.Atoi(row); ok && err == nil && i < n {
			answers[i] = rest
		}
	}
	return answers, nil
}
