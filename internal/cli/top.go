package cli

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"
)

// topCommand shows what the gateway does now, again and again.
func topCommand(p Process) *cobra.Command {
	var where place
	var every time.Duration
	var times, rows int
	c := &cobra.Command{
		Use:   "top",
		Short: "Show live calls, errors and latency per API",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			server, err := where.server()
			if err != nil {
				return err
			}
			read := func() (traffic, error) {
				var text bytes.Buffer
				err := server.Stream(cmd.Context(), http.MethodGet, "/metrics", &text)
				return readTraffic(&text, time.Now()), err
			}
			return watch(cmd.Context(), p.Out, read, every, times, rows)
		},
	}
	where.flags(c.Flags(), p)
	c.Flags().DurationVar(&every, "every", time.Second, "time between two looks")
	c.Flags().IntVar(&times, "times", 0, "how often to look; 0 is until it is interrupted")
	c.Flags().IntVar(&rows, "rows", 20, "how many APIs to show")
	return c
}

// watch prints the traffic between each two looks.
func watch(ctx context.Context, out io.Writer, read func() (traffic, error), every time.Duration, times, rows int) error {
	before, err := read()
	if err != nil {
		return err
	}
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for n := 0; times == 0 || n < times; n++ {
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
		now, err := read()
		if err != nil {
			if ctx.Err() != nil {
				return nil
			}
			return err
		}
		const clear = "\x1b[H\x1b[2J" // of the terminal
		if times != 1 {
			_, _ = io.WriteString(out, clear) // the table's own errors are reported
		}
		if err := printTraffic(out, before, now, rows); err != nil {
			return err
		}
		before = now
	}
	return nil
}

// traffic is what the metrics say of each API at one moment.
type traffic struct {
	at   time.Time
	apis map[string]*apiTraffic
}

// apiTraffic are counts since the server's start.
type apiTraffic struct {
	calls, clientErrors, serverErrors float64
	inFlight                          float64
	seconds, timed                    float64             // sum and number of the latencies
	buckets                           map[float64]float64 // calls up to that many seconds
}

// readTraffic reads the text that Prometheus reads.
func readTraffic(r io.Reader, at time.Time) traffic {
	t := traffic{at: at, apis: map[string]*apiTraffic{}}
	for s := bufio.NewScanner(r); s.Scan(); {
		name, labels, value, ok := readSample(s.Text())
		api := labels["api"]
		if !ok || api == "" {
			continue
		}
		a := t.apis[api]
		if a == nil {
			a = &apiTraffic{buckets: map[float64]float64{}}
			t.apis[api] = a
		}
		switch name {
		case "portico_gateway_api_calls_total":
			a.calls += value
			switch labels["class"] {
			case "4xx":
				a.clientErrors += value
			case "5xx":
				a.serverErrors += value
			}
		case "portico_gateway_api_calls_in_flight":
			a.inFlight = value
		case "portico_gateway_operation_duration_seconds_sum":
			a.seconds += value
		case "portico_gateway_operation_duration_seconds_count":
			a.timed += value
		case "portico_gateway_operation_duration_seconds_bucket":
			if end, err := strconv.ParseFloat(labels["le"], 64); err == nil {
				a.buckets[end] += value
			}
		}
	}
	return t
}

// readSample reads a line of the exposition format: name{label="value",…} number.
func readSample(line string) (name string, labels map[string]string, value float64, ok bool) {
	at := strings.LastIndexByte(line, ' ')
	open := strings.IndexByte(line, '{')
	if at < 0 || open < 0 || line[0] == '#' || at < open {
		return "", nil, 0, false
	}
	value, err := strconv.ParseFloat(line[at+1:], 64)
	labels = map[string]string{}
	for rest := line[open+1 : at]; ; {
		label, after, found := strings.Cut(rest, "=")
		if !found {
			break
		}
		quoted, qerr := strconv.QuotedPrefix(after)
		text, uerr := strconv.Unquote(quoted)
		if qerr != nil || uerr != nil {
			return "", nil, 0, false
		}
		labels[label] = text
		rest = strings.TrimPrefix(after[len(quoted):], ",")
	}
	return line[:open], labels, value, err == nil
}

// since gives what came to a between two moments.
func (a *apiTraffic) since(before *apiTraffic) apiTraffic {
	d := *a
	if before == nil {
		return d
	}
	d.calls -= before.calls
	d.clientErrors -= before.clientErrors
	d.serverErrors -= before.serverErrors
	d.seconds -= before.seconds
	d.timed -= before.timed
	d.buckets = map[float64]float64{}
	for end, n := range a.buckets {
		d.buckets[end] = n - before.buckets[end]
	}
	return d
}

// within is the time in seconds within which a share of the calls was answered, as the buckets tell it.
func (a *apiTraffic) within(share float64) (seconds float64, ok bool) {
	ends := make([]float64, 0, len(a.buckets))
	for end := range a.buckets {
		ends = append(ends, end)
	}
	slices.Sort(ends)
	for _, end := range ends {
		if a.timed > 0 && a.buckets[end] >= share*a.timed {
			return end, true
		}
	}
	return 0, false
}

func printTraffic(out io.Writer, before, now traffic, rows int) error {
	type row struct {
		api string
		apiTraffic
	}
	var all []row
	var total apiTraffic
	for id, a := range now.apis {
		d := a.since(before.apis[id])
		total.calls += d.calls
		total.inFlight += d.inFlight
		total.serverErrors += d.serverErrors
		if d.calls > 0 || d.inFlight > 0 {
			all = append(all, row{id, d})
		}
	}
	slices.SortFunc(all, func(x, y row) int {
		if x.calls != y.calls {
			return int(y.calls - x.calls)
		}
		return strings.Compare(x.api, y.api)
	})
	took := now.at.Sub(before.at).Seconds()
	_, _ = fmt.Fprintf(out, "%s   %.0f calls/s, %.0f in flight, %.0f server errors/s\n\n", now.at.Format("15:04:05"), total.calls/took, total.inFlight, total.serverErrors/took)
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	_, _ = fmt.Fprintln(w, "API\tCALLS/S\tIN FLIGHT\t4XX/S\t5XX/S\tMEAN\tP50\tP99\t") // a tabwriter keeps errors for Flush
	for _, r := range all[:min(rows, len(all))] {
		mean := "-"
		if r.timed > 0 {
			mean = fmt.Sprintf("%.2f ms", 1000*r.seconds/r.timed)
		}
		_, _ = fmt.Fprintf(w, "%s\t%.0f\t%.0f\t%.0f\t%.0f\t%s\t%s\t%s\t\n", r.api, r.calls/took, r.inFlight, r.clientErrors/took, r.serverErrors/took, mean, upTo(&r.apiTraffic, .5), upTo(&r.apiTraffic, .99))
	}
	return w.Flush()
}

func upTo(a *apiTraffic, share float64) string {
	if s, ok := a.within(share); ok {
		return fmt.Sprintf("≤ %g ms", 1000*s)
	}
	if a.timed > 0 {
		return "longer"
	}
	return "-"
}
