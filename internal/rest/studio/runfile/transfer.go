package runfile

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"text/tabwriter"

	"portico/internal/experiment"
	"portico/internal/fault"
	"portico/internal/rest/client"
)

// List writes a line for each of the server's experiments.
func List(ctx context.Context, server *client.Client, out io.Writer) error {
	a := api{server}
	ws, err := a.workspace(ctx)
	if err != nil {
		return err
	}
	all, err := a.experiments(ctx, ws)
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(w, "EXPERIMENT\tSTATUS\tNAME") // a tabwriter keeps errors for Flush
	for _, x := range all {
		_, _ = fmt.Fprintf(w, "%s\t%s\t%s\n", x.ExperimentID, x.Status.StatusCode, x.Description)
	}
	return w.Flush()
}

func (a api) experiments(ctx context.Context, ws string) (all []experiment.Experiment, err error) {
	return all, a.call(ctx, http.MethodGet, "workspaces/"+ws+"/experiments", nil, &all)
}

// exported is what a file keeps of an experiment: what it is, not how a run of it went.
type exported struct {
	ExperimentID string                    `json:"ExperimentId"`
	Description  string                    `json:"Description"`
	Summary      string                    `json:"Summary"`
	Category     string                    `json:"Category"`
	Tags         []string                  `json:"Tags"`
	Graph        experiment.Graph          `json:"Graph"`
	WebService   experiment.WebServiceInfo `json:"WebService"`
}

// Export writes an experiment, given by its id or its name, in the JSON of
// azureml.md 5.2 that Run and Import read. Datasets go by their names in it, so that
// another workspace finds its own. It returns fault.NotFound, and fault.Conflict for a name that several have.
func Export(ctx context.Context, server *client.Client, which string, out io.Writer) error {
	a := api{server}
	ws, err := a.workspace(ctx)
	if err != nil {
		return err
	}
	id, err := a.find(ctx, ws, which)
	if err != nil {
		return err
	}
	x, err := a.get(ctx, ws, id)
	if err != nil {
		return err
	}
	datasets, err := a.named(ctx, ws, "datasources")
	if err != nil {
		return err
	}
	names := map[string]string{}
	for _, d := range datasets {
		names[d.ID], names[d.FamilyID] = d.Name, d.Name
	}
	eachDataset(&x.Graph, func(_ *experiment.Node, id *string) {
		if name, ok := names[*id]; ok {
			*id = name
		}
	})
	e := json.NewEncoder(out)
	e.SetIndent("", "  ")
	return e.Encode(exported{
		ExperimentID: x.ExperimentID, Description: x.Description, Summary: x.Summary,
		Category: x.Category, Tags: x.Tags, Graph: x.Graph, WebService: x.WebService,
	})
}

// find gives the id of an experiment that goes by its id or its name.
func (a api) find(ctx context.Context, ws, which string) (string, error) {
	all, err := a.experiments(ctx, ws)
	if err != nil {
		return "", err
	}
	var found []string
	for _, x := range all {
		if strings.EqualFold(x.ExperimentID, which) {
			return x.ExperimentID, nil
		}
		if strings.EqualFold(x.Description, which) {
			found = append(found, x.ExperimentID)
		}
	}
	switch len(found) {
	case 0:
		return "", fault.New(fault.NotFound, "the workspace has no experiment %q; `portico experiment list` shows them", which)
	case 1:
		return found[0], nil
	}
	return "", fault.New(fault.Conflict, "%d experiments are called %q; give the id of one: %s", len(found), which, strings.Join(found, ", "))
}

// eachDataset calls visit with every saved dataset that a graph takes.
func eachDataset(g *experiment.Graph, visit func(n *experiment.Node, id *string)) {
	for i := range g.ModuleNodes {
		n := &g.ModuleNodes[i]
		for j := range n.InputPortsInternal {
			if id := n.InputPortsInternal[j].DataSourceID; id != nil && *id != "" {
				taken := *id
				visit(n, &taken)
				n.InputPortsInternal[j].DataSourceID = &taken
			}
		}
	}
}

// Import saves the experiment of a file as a draft, and says which of its datasets and modules the server lacks.
func Import(ctx context.Context, server *client.Client, file string, out io.Writer) error {
	in, err := readFile(file)
	if err != nil {
		return err
	}
	draft := true
	in.IsDraft = &draft
	a := api{server}
	ws, err := a.workspace(ctx)
	if err != nil {
		return err
	}
	lacking, err := a.match(ctx, ws, &in.Graph)
	if err != nil {
		return err
	}
	modules, err := a.lackingModules(ctx, ws, &in.Graph)
	if err != nil {
		return err
	}
	x, err := a.create(ctx, ws, in)
	if err != nil {
		return err
	}
	lines := append([]string{fmt.Sprintf("Experiment %s, %q, is saved as a draft.", x.ExperimentID, x.Description)}, append(lacking, modules...)...)
	_, err = io.WriteString(out, strings.Join(lines, "\n")+"\n")
	return err
}

// lackingModules says which of a graph's modules are not in the server's catalogue.
func (a api) lackingModules(ctx context.Context, ws string, g *experiment.Graph) ([]string, error) {
	modules, err := a.named(ctx, ws, "modules")
	if err != nil {
		return nil, err
	}
	known := map[string]bool{}
	for _, m := range modules {
		known[strings.ToLower(m.Name)], known[familyOf(m.ID)] = true, true
	}
	var lacking []string
	for _, n := range g.ModuleNodes {
		if !known[strings.ToLower(n.ModuleID)] && !known[familyOf(n.ModuleID)] {
			lacking = append(lacking, fmt.Sprintf("Node %s is the module %q, which the server does not have; the experiment opens and cannot be run with it.", n.ID, n.ModuleID))
		}
	}
	return lacking, nil
}

// familyOf is the middle of a ModuleId, or a family id that stands alone.
func familyOf(id string) string {
	if parts := strings.SplitN(id, ".", 3); len(parts) > 1 {
		id = parts[1]
	}
	return strings.ToLower(strings.ReplaceAll(id, "-", ""))
}

// ListDatasets writes a line for each of the server's datasets.
func ListDatasets(ctx context.Context, server *client.Client, out io.Writer) error {
	a := api{server}
	ws, err := a.workspace(ctx)
	if err != nil {
		return err
	}
	var all []struct {
		ID, Name, DataTypeID string
		Size                 int64
		Batch                int
		SchemaStatus         string
	}
	if err := a.call(ctx, http.MethodGet, "workspaces/"+ws+"/datasources", nil, &all); err != nil {
		return err
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(w, "NAME\tTYPE\tBYTES\tVERSION\tSTATUS\tDATASET") // a tabwriter keeps errors for Flush
	for _, d := range all {
		_, _ = fmt.Fprintf(w, "%s\t%s\t%d\t%d\t%s\t%s\n", d.Name, d.DataTypeID, d.Size, d.Batch, d.SchemaStatus, d.ID)
	}
	return w.Flush()
}

// Download copies a dataset's file, as it was uploaded, to out. The dataset goes by its id or its name.
func Download(ctx context.Context, server *client.Client, which string, out io.Writer) error {
	a := api{server}
	ws, err := a.workspace(ctx)
	if err != nil {
		return err
	}
	all, err := a.named(ctx, ws, "datasources")
	if err != nil {
		return err
	}
	id := which
	for _, d := range all {
		if strings.EqualFold(d.Name, which) {
			id = d.ID
		}
	}
	return a.Stream(ctx, http.MethodGet, "/api/workspaces/"+ws+"/datasources/"+url.PathEscape(id)+"/content", out)
}
