package logging

import (
	"portico/internal/policy"
	"portico/internal/policy/document"
)

// maxEvent is the longest event in bytes (the limit of an event hub's message here: 200 KiB); more is cut off.
const maxEvent = 200 << 10

// LogToEventHub writes text to one of the configured loggers.
func LogToEventHub() policy.Declaration {
	return policy.Declaration{
		Form: policy.Form{
			Name: "log-to-eventhub",
			Attributes: []policy.Attribute{
				{Name: "logger-id", Required: true, Kind: policy.Filled},
				{Name: "partition-id"},
				{Name: "partition-key"},
			},
			Text: true,
		},
		Sections: policy.EverySection,
		Scopes:   policy.EveryScope,
		Check: func(v *policy.Validator, e *document.Element) {
			if policy.HasOneOf(e, []string{"partition-id"}) && policy.HasOneOf(e, []string{"partition-key"}) {
				v.Problem(e, "Only one of the attributes 'partition-id' and 'partition-key' may be there.")
			}
		},
		Compile: func(c *policy.Builder, e *document.Element) policy.Action {
			return &logging{loggers: c.Services.Loggers, id: c.Value(e, "logger-id", ""), text: c.TextValue(e),
				partitionID: c.Value(e, "partition-id", ""), partitionKey: c.Value(e, "partition-key", "")}
		},
	}
}

type logging struct {
	loggers                             policy.Loggers
	id, text, partitionID, partitionKey policy.Value
}

func (l *logging) Do(x *policy.Exchange) error {
	id, err := l.id.Text(x)
	if err != nil {
		return err
	}
	e := policy.Event{RequestID: x.RequestID}
	for _, field := range []struct {
		to   *string
		from *policy.Value
	}{{&e.Text, &l.text}, {&e.PartitionID, &l.partitionID}, {&e.PartitionKey, &l.partitionKey}} {
		if *field.to, err = field.from.Text(x); err != nil {
			return err
		}
	}
	e.Text = e.Text[:min(len(e.Text), maxEvent)]
	if l.loggers == nil || !l.loggers.Log(id, e) {
		return &policy.Error{Status: 500, Reason: "LoggerNotFound", Detail: "There is no logger '" + id + "'."}
	}
	return nil
}
