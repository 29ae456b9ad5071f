package csharp

import "testing"

// The expressions that gateways run most, by the counts of apim.md 3.4.
var common = []struct{ name, src string }{
	{"Header", `@(context.Request.Headers.GetValueOrDefault("X-Forwarded-For","y"))`},
	{"HeaderAbsent", `@(context.Request.Headers.GetValueOrDefault("X-None","y"))`},
	{"Concat", `@(context.Request.IpAddress + context.Api.Id)`},
	{"Condition", `@(context.Response.StatusCode == 200 && context.Variables.ContainsKey("text"))`},
	{"Variable", `@((string)context.Variables["text"])`},
	{"Interpolation", `@($"{context.Api.Id}-{context.Subscription?.Id}")`},
	{"Block", `@{ var id = context.Request.MatchedParameters["id"]; if (id.StartsWith("4")) { return "/v4/" + id; } return "/" + id; }`},
	{"Split", `@(context.Request.Headers.GetValueOrDefault("Authorization","").Split(' ').Last())`},
	{"JSON", `@((string)context.Request.Body.As<JObject>(preserveContent: true)["access_token"])`},
}

func BenchmarkRun(b *testing.B) {
	for _, c := range common {
		b.Run(c.name, func(b *testing.B) {
			p, err := Compile(c.src)
			if err != nil {
				b.Fatal(err)
			}
			env := sampleEnv()
			b.ReportAllocs()
			for b.Loop() {
				if _, err := p.RunString(env); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkCompile(b *testing.B) {
	for _, c := range common {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Compile(c.src); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkLibrary(b *testing.B) {
	for b.Loop() {
		if _, err := buildLibrary(); err != nil {
			b.Fatal(err)
		}
	}
}
