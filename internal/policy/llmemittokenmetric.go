package policy

// llmEmitTokenMetric emits the tokens that a call used as metrics with the
// document's dimensions. azure-openai-emit-token-metric is the same.
func llmEmitTokenMetric(name string) declaration {
	return declaration{
		element: element{
			name: name,
			attributes: []attribute{
				{name: "namespace"},
				{name: "name", kind: filled},
				{name: "value-type", kind: enumeration, values: []string{"all", "total-tokens", "prompt-tokens", "completion-tokens"}},
				{name: "ignore-prompt", kind: boolean},
			},
			children: []element{{name: "dimension", attributes: []attribute{{name: "name", required: true, kind: filled, literal: true}, {name: "value"}}}},
		},
		sections: Inbound,
		scopes:   everyScope,
		check:    checkDimensions,
		compile: func(c *compiler, e *Element) Action {
			return &emittingTokens{metrics: c.services.Metrics, deployment: c.services.Deployment, namespace: c.value(e, "namespace", "API Management"),
				name: c.value(e, "name", ""), kind: c.value(e, "value-type", "all"), ignorePrompt: c.value(e, "ignore-prompt", "false"), dimensions: c.dimensions(e)}
		},
	}
}

type emittingTokens struct {
	metrics                             Metrics
	deployment                          Deployment
	namespace, name, kind, ignorePrompt Value
	dimensions                          []dimension
}

// Do evaluates the dimensions now; the values follow when they are known.
func (m *emittingTokens) Do(x *Exchange) error {
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
	dimensions, err := evaluateDimensions(x, m.dimensions)
	if err != nil {
		return err
	}
	_, err = x.countTokens(promptAuto, func(_ *Exchange, used tokenUsage) error {
		if m.metrics == nil || used.total == 0 {
			return nil
		}
		if ignorePrompt {
			used = tokenUsage{completion: used.completion, total: used.completion}
		}
		for _, one := range []struct {
			kind, name string
			value      int64
		}{{"total-tokens", "Total Tokens", used.total}, {"prompt-tokens", "Prompt Tokens", used.prompt}, {"completion-tokens", "Completion Tokens", used.completion}} {
			switch {
			case kind == one.kind && name != "":
				one.name = name
			case kind != one.kind && kind != "all":
				continue
			}
			m.metrics.Emit(Metric{Namespace: namespace, Name: one.name, Value: float64(one.value), Dimensions: dimensions})
		}
		return nil
	})
	return err
}
