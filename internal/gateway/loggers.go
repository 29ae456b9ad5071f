package gateway

import (
	"strings"
	"time"

	"portico/internal/catalog"
	"portico/internal/policy"
	"portico/internal/record"
)

// loggerTimeout bounds the delivery of one event.
const loggerTimeout = 30 * time.Second

// logger is a logger of the instance. Its events go to an HTTP address or into a
// file where its credentials say so, and else into the gateway's own log.
type logger struct {
	id      string
	address string // "" is the log, or the file
	file    bool
}

// loggerChanged takes note of a logger that is new, changed or gone.
func (b *builder) loggerChanged(path string, now record.Record) {
	next := make(map[string]logger, len(b.loggers)+1) // snapshots share the one before
	for id, l := range b.loggers {
		next[id] = l
	}
	b.loggers = next
	id := strings.ToLower(record.Name(path))
	delete(next, id)
	if now.Path == "" {
		return
	}
	props, err := catalog.Open[catalog.Logger](b.keeper, now)
	if err != nil {
		b.report(path, "", "The logger cannot be read: %s", err)
		return
	}
	l := logger{id: record.Name(now.Path)}
	for name, text := range props.Credentials {
		if !strings.EqualFold(name, "endpointAddress") || text == nil {
			continue
		}
		switch {
		case strings.HasPrefix(*text, "http://"), strings.HasPrefix(*text, "https://"):
			l.address = *text
		case *text == "file:":
			l.file = true
		}
	}
	next[id] = l
}

// Log hands an event to a logger; see policy.Loggers.
func (g *Gateway) Log(id string, e policy.Event) bool {
	l, ok := g.snapshot.Load().loggers[strings.ToLower(id)]
	if !ok {
		return false
	}
	if l.file {
		if err := g.events.append(l.id, e); err != nil {
			g.config.Log.Warn("an event could not be written", "logger", l.id, "requestId", e.RequestID, "error", err)
		}
		return true
	}
	if l.address == "" {
		g.config.Log.Info("a policy logged", "logger", l.id, "requestId", e.RequestID, "partition", e.PartitionKey+e.PartitionID, "text", e.Text)
		return true
	}
	o := &policy.Outgoing{Method: "POST", URL: l.address, Body: []byte(e.Text), Timeout: loggerTimeout, Headers: policy.Headers{{Name: "X-Ms-Request-Id", Value: e.RequestID}}}
	for name, value := range map[string]string{"X-Partition-Key": e.PartitionKey, "X-Partition-Id": e.PartitionID} {
		if value != "" && !strings.ContainsAny(value, "\r\n\x00") {
			o.Headers.Add(name, value)
		}
	}
	if err := g.sender.SendLater(o); err != nil {
		g.config.Log.Warn("an event could not be sent", "logger", l.id, "requestId", e.RequestID, "error", err)
	}
	return true
}
