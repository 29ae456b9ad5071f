package csharp

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"

	"portico/internal/policy/csharp/value"
)

// TestLimits runs what would not end, or would not fit, and wants the limit that stops it.
func TestLimits(t *testing.T) {
	tests := []struct{ src, limit string }{
		{`@{ while (true) { } }`, "steps"},
		{`@{ for (;;) { } }`, "steps"},
		{`@{ try { while (true) { } } catch { return 1; } }`, "steps"},
		{`@{ try { while (true) { } } finally { return; } }`, ""},
		{`@(Enumerable.Range(0, int.MaxValue).Sum(x => 0))`, "steps"},
		{`@{ int F(int n) { return F(n + 1); } return F(0); }`, "depth"},
		{`@{ Func<int, int> f = null; f = n => f(n + 1); return f(0); }`, "depth"},
		{`@{ var s = "0123456789"; while (true) { s += s; } return s; }`, "memory"},
		{`@{ var b = new StringBuilder(); var s = new string('x', 100); while (true) { b.Append(s); } return b.ToString(); }`, "memory"},
		{`@(new byte[2000000000])`, "memory"},
		{`@(new string('a', 2000000000))`, "memory"},
		{`@("x".PadLeft(2000000000))`, "memory"},
		{`@{ var l = new List<int>(); while (true) { l.Add(1); } return l; }`, "memory"},
		{`@(Enumerable.Repeat("x", int.MaxValue).ToList())`, "memory"},
		{`@(string.Join("", Enumerable.Repeat(new string('x', 100), int.MaxValue)))`, "memory"},
		{`@(string.Format("{0,999999}{0,999999}{0,999999}{0,999999}", "x") + new string('x', 260000000))`, "memory"},
		{`@{ var o = new JArray(); while (true) { o.Add(new JObject()); } return o; }`, "memory"},
		{`@(JToken.Parse(new string('[', 100000)))`, "Newtonsoft.Json.JsonReaderException"},
		{`@(XElement.Parse(string.Join("", Enumerable.Repeat("<a>", 100000))))`, "System.Xml.XmlException"},
		{`@(Regex.IsMatch(new string('a', 40) + "!", "^(a+)+$"))`, "System.Text.RegularExpressions.RegexMatchTimeoutException"},
		{`@{ object o = null; for (int i = 0; i < 100000; i++) { o = Tuple.Create(o); } return o.Equals(o) + "" + o; }`, "depth"},
		{`@{ var x = new XElement("a"); for (int i = 0; i < 100000; i++) { x = new XElement("a", x); } return x.ToString(); }`, "memory"},
		{`@{ var e = Enumerable.Range(0, 1); for (int i = 0; i < 100000; i++) { e = e.Select(x => x); } return e.Sum(); }`, "depth"},
	}
	for _, test := range tests {
		p, err := Compile(test.src)
		if err != nil {
			if test.limit != "" {
				t.Errorf("%s: %v", test.src, err)
			}
			continue
		}
		_, err = p.RunString(&Env{Limits: Limits{Steps: 5_000_000, Memory: 16 << 20}})
		var e *Error
		if !errors.As(err, &e) || e.Limit != test.limit && e.Type != test.limit {
			t.Errorf("%s: got %v, want %s", test.src, err, test.limit)
		}
	}
}

func TestBodyLimits(t *testing.T) {
	p, err := Compile(`@(context.Request.Body.As<JObject>())`)
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"deep": strings.Repeat(`{"a":`, 100_000), "large": `{"a":[` + strings.Repeat("1,", 20<<20) + `1]}`} {
		env := sampleEnv()
		env.Call.Request.(*sampleRequest).body.text = text
		if _, err := p.Run(env); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestCancelled(t *testing.T) {
	p, err := Compile(`@{ while (true) { } }`)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_, err = p.Run(&Env{Context: ctx})
	var e *Error
	if !errors.As(err, &e) || e.Limit != "cancelled" || !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

// TestConcurrent runs one program in many goroutines.
func TestConcurrent(t *testing.T) {
	p, err := Compile(`@{ var d = new Dictionary<string, int>(); foreach (var w in "a b a c a".Split(' ')) { d[w] = d.GetValueOrDefault(w) + 1; } return string.Join(",", d.Select(kv => kv.Key + kv.Value)) + context.Api.Id; }`)
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			env := sampleEnv()
			for range 200 {
				if s, err := p.RunString(env); err != nil || s != "a3,b1,c1demo-api" {
					t.Errorf("got %q, %v", s, err)
					return
				}
			}
		})
	}
	wg.Wait()
}

func TestResults(t *testing.T) {
	run := func(src string) value.Value {
		p, err := Compile(src)
		if err != nil {
			t.Fatal(err)
		}
		v, err := p.Run(sampleEnv())
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	if n, ok := AsInt(run(`@(JObject.Parse("{\"a\":5}")["a"])`)); !ok || n != 5 {
		t.Errorf("JSON number: %d %t", n, ok)
	}
	if n, ok := AsInt(run(`@("12")`)); !ok || n != 12 {
		t.Errorf("digits: %d %t", n, ok)
	}
	if _, ok := AsInt(run(`@(1.5)`)); ok {
		t.Error("1.5 is an integer")
	}
	if b, ok := AsBool(run(`@("True")`)); !ok || !b {
		t.Error("\"True\" is no bool")
	}
	if b, ok := AsBytes(run(`@(new byte[] { 1, 2 })`)); !ok || len(b) != 2 {
		t.Error("no bytes")
	}
	if _, ok := AsString(run(`@((string)null)`)); ok {
		t.Error("null is a string")
	}
}
