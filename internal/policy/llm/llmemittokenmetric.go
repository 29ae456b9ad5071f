package llm

import (
	"portico/internal/policy"
	"portico/internal/policy/document"
	"portico/internal/policy/logging"
)

// EmitTokenMetric emits the tokens that a call used as metrics with the
// document's dimensions. azure-openai-emit-token-metric is the same.
func EmitTokenMetric(name string) policy.Declaration {
	return policy.Declaration{
		Form: policy.Form{
			Name: name,
			Attributes: []policy.Attribute{
				{Name: "namespace"},
				{Name: "name", Kind: policy.Filled},
				{Name: "value-type", Kind: policy.Enumeration, Values: []string{"all", "total-tokens", "prompt-tokens", "completion-tokens"}},
				{Name: "ignore-prompt", Kind: policy.Boolean},
			},
			Children: []policy.Form{{Name: "dimension", Attributes: []policy.Attribute{{Name: "name", Required: true, Kind: policy.Filled, Literal: true}, {Name: "value"}}}},
		},
		Sections: policy.Inbound,
		Scopes:   policy.EveryScope,
		Check:    logging.CheckDimensions,
		Compile: func(c *policy.Builder, e *document.Element) policy.Action {
			return &emittingTokens{metrics: c.Services.Metrics, deployment: c.Services.Deployment, namespace: c.Value(e, "namespace", "API Management"),
				name: c.Value(e, "name", ""), kind: c.Value(e, "value-type", "all"), ignorePrompt: c.Value(e, "ignore-prompt", "false"), dimensions: logging.Dimensions(c, e)}
		},
	}
}

type emittingTokens struct {
	metrics                             policy.Metrics
	deployment                          policy.Deployment
	namespace, name, kind, ignorePrompt policy.Value
	dimensions                          []logging.Dimension
}

// Do evaluates the dimensions now; the values follow when they are known.
func (m *emittingTokens) Do(x *policy.Exchange) error {
	namespace, err := m.namespace.Text(x)
	if err != nil {
		return err
	}
	name, err := m.name.Text(x)
	if err != nil {
		return err
	}
	kind, err := m.kind.Text(x)
	if err != nil {
		return err
	}
	ignorePrompt, err := m.ignorePrompt.Bool(x)
	if err != nil {
		return err
	}
	dimensions, err := logging.EvaluateDimensions(x, m.dimensions)
	if err != nil {
		return err
	}
	_, err = countTokens(x, promptAuto, func(_ *policy.Exchange, used tokenUsage) error {
		if m.metrics == nil || used.total == 0 {
			return nil
		}
		if ignorePrompt {
			used = tokenUsage{completion: used.completion, total: used.completion}
		}
		for _, one := range []struct {
			Kind, name string
			value      int64
		}{{"total-tokens", "Total Tokens", used.total}, {"prompt-tokens", "Prompt Tokens", used.prompt}, {"completion-tokens", "Completion Tokens", used.completion}} {
			switch {
			case kind == one.Kind && name != "":
				one.name = name
			case kind != one.Kind && kind != "all":
				continue
			}
			m.metrics.Emit(policy.Metric{Namespace: namespace, Name: one.name, Value: float64(one.value), Dimensions: dimensions})
		}
		return nil
	})
	return err
}
