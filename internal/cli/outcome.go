package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"portico/internal/artifact"
)

// signs stand before what is new, changed and gone.
var signs = map[string]string{artifact.Create: "+", artifact.Update: "~", artifact.Delete: "-"}

// printOutcome prints what an apply changed, or would change, and a sum.
func printOutcome(out io.Writer, changes []artifact.Change, dryRun bool) error {
	var b strings.Builder
	count := map[string]int{}
	for _, c := range changes {
		count[c.Action]++
		fmt.Fprintf(&b, "%s %s\n", signs[c.Action], c.Path)
		if c.Action == artifact.Update && len(c.Fields) == 0 {
			b.WriteString("    a secret\n")
		}
		for _, f := range c.Fields {
			printField(&b, f)
		}
	}
	verb := map[bool]string{true: "would be ", false: ""}[dryRun]
	if len(changes) == 0 {
		b.WriteString("Nothing " + map[bool]string{true: "would change", false: "changed"}[dryRun] + ".\n")
	} else {
		fmt.Fprintf(&b, "%d %screated, %d %schanged, %d %sdeleted.\n", count[artifact.Create], verb, count[artifact.Update], verb, count[artifact.Delete], verb)
	}
	_, err := io.WriteString(out, b.String())
	return err
}

// printField prints a member's values in one line, or the lines in which two texts differ.
func printField(b *strings.Builder, f artifact.Field) {
	var before, after string
	isText := json.Unmarshal([]byte(f.Before), &before) == nil && json.Unmarshal([]byte(f.After), &after) == nil
	if !isText || !strings.Contains(before+after, "\n") {
		fmt.Fprintf(b, "    %s: %s → %s\n", f.Name, shown(f.Before), shown(f.After))
		return
	}
	fmt.Fprintf(b, "    %s:\n", f.Name)
	old, now := strings.Split(before, "\n"), strings.Split(after, "\n")
	for len(old) > 0 && len(now) > 0 && old[0] == now[0] {
		old, now = old[1:], now[1:]
	}
	for len(old) > 0 && len(now) > 0 && old[len(old)-1] == now[len(now)-1] {
		old, now = old[:len(old)-1], now[:len(now)-1]
	}
	printLines(b, "-", old)
	printLines(b, "+", now)
}

func shown(value string) string {
	const limit = 200 // bytes
	if value == "" {
		return "(none)"
	}
	if len(value) > limit {
		return strings.ToValidUTF8(value[:limit], "") + "…"
	}
	return value
}

func printLines(b *strings.Builder, sign string, lines []string) {
	const limit = 40
	for _, line := range lines[:min(len(lines), limit)] {
		fmt.Fprintf(b, "      %s %s\n", sign, strings.TrimRight(line, "\r"))
	}
	if len(lines) > limit {
		fmt.Fprintf(b, "      %s … %d more lines\n", sign, len(lines)-limit)
	}
}
