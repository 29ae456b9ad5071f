package policy

// Loggers write what documents log.
type Loggers interface {
	// Log hands an event to a logger. It must not block. It tells false where
	// there is no logger of that id.
	Log(id string, e Event) bool
}

// Event is what a document logs.
type Event struct {
	RequestID    string
	Text         string
	PartitionKey string
	PartitionID  string
}

// maxEvent is the longest event in bytes (the limit of an event hub's message here: 200 KiB); more is cut off.
const maxEvent = 200 << 10

// logToEventHub writes text to one of the configured loggers.
func logToEventHub() declaration {
	return declaration{
		element: element{
			name: "log-to-eventhub",
			attributes: []attribute{
				{name: "logger-id", required: true, kind: filled},
				{name: "partition-id"},
				{name: "partition-key"},
			},
			text: true,
		},
		sections: everySection,
		scopes:   everyScope,
		check: func(v *validator, e *Element) {
			if hasOneOf(e, []string{"partition-id"}) && hasOneOf(e, []string{"partition-key"}) {
				v.problem(e, "Only one of the attributes 'partition-id' and 'partition-key' may be there.")
			}
		},
		compile: func(c *compiler, e *Element) Action {
			return &logging{loggers: c.services.Loggers, id: c.value(e, "logger-id", ""), text: c.textValue(e),
				partitionID: c.value(e, "partition-id", ""), partitionKey: c.value(e, "partition-key", "")}
		},
	}
}

type logging struct {
	loggers                             Loggers
	id, text, partitionID, partitionKey Value
}

func (l *logging) Do(x *Exchange) error {
	id, err := l.id.Text(x)
	if err != nil {
		return err
	}
	e := Event{RequestID: x.RequestID}
	for _, field := range []struct {
		to   *string
		from *Value
	}{{&e.Text, &l.text}, {&e.PartitionID, &l.partitionID}, {&e.PartitionKey, &l.partitionKey}} {
		if *field.to, err = field.from.Text(x); err != nil {
			return err
		}
	}
	e.Text = e.Text[:min(len(e.Text), maxEvent)]
	if l.loggers == nil || !l.loggers.Log(id, e) {
		return &Error{Status: 500, Reason: "LoggerNotFound", Detail: "There is no logger '" + id + "'."}
	}
	return nil
}
