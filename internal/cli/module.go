package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"portico/internal/fault"
	"portico/internal/module"
	"portico/internal/module/catalogue"
	"portico/internal/module/inputoutput"
	"portico/internal/rest/studio"
)

func moduleCommand(p Process) *cobra.Command {
	c := &cobra.Command{Use: "module", Short: "List and show the modules that experiments are built from"}
	c.AddCommand(moduleListCommand(p), moduleShowCommand(p))
	return c
}

func moduleListCommand(p Process) *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:   "list",
		Short: "List the modules of this program by category",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			all := catalogue.New(inputoutput.Outside{}, nil).All()
			if asJSON {
				described := []studio.Module{}
				for _, m := range all {
					described = append(described, studio.DescribeModule(m, ""))
				}
				return printJSON(p.Out, described)
			}
			w := tabwriter.NewWriter(p.Out, 0, 0, 2, ' ', 0)
			_, _ = fmt.Fprintln(w, "NAME\tCATEGORY\tFAMILY ID\tSUMMARY") // a tabwriter keeps errors for Flush
			for _, m := range all {
				_, _ = fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", m.Name, m.Category, m.FamilyID, m.Summary)
			}
			return w.Flush()
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print the whole declarations, as the Studio API does")
	return c
}

func moduleShowCommand(p Process) *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:   "show NAME",
		Short: "Show a module: its ports, parameters and errors",
		Long:  "Show a module: its ports, parameters and errors. NAME is its name, an earlier name, or the id of its family; upper and lower case are the same.",
		Args:  argument("the module's name"),
		RunE: func(_ *cobra.Command, args []string) error {
			m, ok := catalogue.New(inputoutput.Outside{}, nil).Find(args[0])
			if !ok {
				return fault.New(fault.NotFound, "there is no module %q; `portico module list` lists all", args[0])
			}
			if asJSON {
				return printJSON(p.Out, studio.DescribeModule(m, ""))
			}
			return printModule(p.Out, m)
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print the declaration as the Studio API does")
	return c
}

func printJSON(out io.Writer, v any) error {
	e := json.NewEncoder(out)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(v)
}

// printModule prints a declaration for people.
func printModule(out io.Writer, m *module.Module) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s (%s)\nfamily %s, version %d\n", m.Name, m.Category, m.FamilyID, m.Version)
	if len(m.Aliases) > 0 {
		fmt.Fprintf(&b, "also called %s\n", strings.Join(m.Aliases, ", "))
	}
	fmt.Fprintf(&b, "\n%s\n%s\n", m.Summary, m.Help)
	if m.Outside {
		b.WriteString("It reads or writes what the experiment does not hold: it runs anew in every run, and never for a request to a web service.\n")
	}
	printPorts(&b, "Inputs", m.Inputs)
	printPorts(&b, "Outputs", m.Outputs)
	if len(m.Parameters) > 0 {
		b.WriteString("\nParameters\n")
	}
	for i := range m.Parameters {
		printParameter(&b, &m.Parameters[i])
	}
	if len(m.Errors) > 0 {
		b.WriteString("\nErrors\n")
	}
	for _, code := range m.Errors {
		fmt.Fprintf(&b, "  %s  %s\n", code, module.Texts(code)[0])
	}
	_, err := io.WriteString(out, b.String())
	return err
}

func printPorts(b *strings.Builder, title string, ports []module.Port) {
	if len(ports) > 0 {
		fmt.Fprintf(b, "\n%s\n", title)
	}
	for _, p := range ports {
		fmt.Fprintf(b, "  %s (%s", p.Name, p.Type)
		if p.Optional {
			b.WriteString(", optional")
		}
		if p.Format != "" {
			fmt.Fprintf(b, ", downloaded as %s", p.Format)
		}
		fmt.Fprintf(b, ")\n      %s\n", p.Description)
	}
}

func printParameter(b *strings.Builder, p *module.Parameter) {
	fmt.Fprintf(b, "  %s (%s%s", p.Name, p.Type, boundsText(p))
	switch {
	case p.Default != "":
		fmt.Fprintf(b, ", default %s", p.Default)
	case p.Optional:
		b.WriteString(", optional")
	default:
		b.WriteString(", required")
	}
	b.WriteString(")\n")
	for _, c := range p.When {
		fmt.Fprintf(b, "      where %s is %s\n", c.Parameter, strings.Join(c.Values, " or "))
	}
	fmt.Fprintf(b, "      %s\n", p.Description)
	if len(p.Choices) > 0 {
		fmt.Fprintf(b, "      one of: %s\n", strings.Join(p.Choices, ", "))
	}
}

// boundsText is a number's range: " 1 to 31", " at least 1".
func boundsText(p *module.Parameter) string {
	text := func(v *float64) string { return strconv.FormatFloat(*v, 'g', -1, 64) }
	switch least, greatest := p.Bounds(); {
	case least != nil && greatest != nil:
		return " " + text(least) + " to " + text(greatest)
	case least != nil:
		return " at least " + text(least)
	case greatest != nil:
		return " at most " + text(greatest)
	}
	return ""
}
