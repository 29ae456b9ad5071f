package csharp

import (
	"fmt"
	"runtime"
	"testing"
	"time"

	"portico/internal/policy/csharp/value"
)

// instances are expressions whose values stand for their types.
var instances = []string{
	`"text"`, `""`, `'c'`, `0`, `-1`, `int.MaxValue`, `int.MinValue`, `3L`, `long.MinValue`, `1.5`, `double.NaN`, `1.5f`, `2.5m`, `decimal.MinValue`, `true`, `(byte)7`, `(short)-3`, `(ushort)3`, `5u`, `5UL`, `(sbyte)-1`,
	`new byte[] { 1, 2 }`, `new byte[0]`, `new[] { "a", "b" }`, `new string[] { null }`, `new[] { 1, 2 }`, `new char[] { 'a' }`, `new object[] { null, 1, "x" }`, `new object()`,
	`DateTime.MinValue`, `DateTime.MaxValue`, `DateTimeOffset.MaxValue`, `TimeSpan.MaxValue`, `TimeSpan.MinValue`, `Guid.Empty`, `new Uri("http://x/y?z#f")`, `new Uri("rel", UriKind.Relative)`, `TimeZoneInfo.Utc`,
	`new StringBuilder("ab")`, `Encoding.UTF8`, `new Regex("a")`, `Regex.Match("a", "a")`, `Regex.Match("a", "b")`, `Regex.Matches("aa", "a")`, `Regex.Match("a", "(a)").Groups`, `new Random(1)`, `IPAddress.Loopback`, `CultureInfo.InvariantCulture`,
	`new List<int> { 1 }`, `new List<string>()`, `new List<object> { null }`, `new Dictionary<string, int> { ["a"] = 1 }`, `new Dictionary<string, object>()`, `new HashSet<int> { 1 }`, `new Queue<int>()`, `new Stack<int>()`, `new KeyValuePair<string, int>("a", 1)`,
	`Tuple.Create(1, "a")`, `new { A = 1 }`, `(1, "a")`, `StringComparer.Ordinal`, `new[] { 1 }.ToLookup(x => x)`, `new[] { 1 }.OrderBy(x => x)`, `new[] { 1 }.GroupBy(x => x).First()`, `Enumerable.Range(0, 2)`,
	`JObject.Parse("{\"a\":1}")`, `new JObject()`, `new JArray(1, null)`, `new JProperty("a", 1)`, `new JValue(1)`, `new JValue("x")`, `JToken.Parse("null")`, `new JsonSerializerSettings()`, `new JsonMergeSettings()`,
	`XElement.Parse("<a b='1'>t<c/></a>")`, `XDocument.Parse("<a/>")`, `new XAttribute("a", 1)`, `new XText("t")`, `new XComment("t")`, `new XCData("t")`, `(XName)"a"`, `(XNamespace)"u"`, `new XDeclaration("1.0", "utf-8", "yes")`,
	`SHA256.Create()`, `new HMACSHA256()`, `RSA.Create()`, `new RSACng()`, `HashAlgorithmName.SHA256`, `RSASignaturePadding.Pkcs1`, `RSAEncryptionPadding.Pkcs1`, `new RSAParameters()`,
	`new XmlDocument()`, `new XmlDocument().CreateElement("a")`, `new XmlDocument().CreateTextNode("t")`, `new XmlDocument().CreateElement("a").Attributes`, `new XmlDocument().ChildNodes`, `new XmlNamespaceManager(null)`,
	`XmlReader.Create(new StringReader("<a b='1'>t<c/></a>"))`, `new StringReader("a")`, `XmlNodeType.Element`,
	`new Exception("x")`, `new ArgumentException("x")`, `typeof(int)`, `StringComparison.Ordinal`, `(Func<int, int>)(x => x)`, `(Func<string, bool>)(x => true)`, `(Func<object, object>)(x => x)`, `(Predicate<int>)(x => true)`, `(Action<int>)(x => x++)`,
	`context`, `context.Request`, `context.Response`, `context.Request.Body`, `context.Request.Url`, `context.Request.Headers`, `context.Request.MatchedParameters`, `context.Variables`, `context.Api`, `context.Operation`, `context.Product`,
	`context.Subscription`, `context.User`, `context.User.Groups.First()`, `context.User.Identities.First()`, `context.Deployment`, `context.Deployment.Gateway`, `context.LastError`,
	`context.Request.Headers.GetValueOrDefault("Authorization").AsJwt()`, `"Basic YTpi".AsBasic()`,
}

// TestMembers calls every member of the library with what its signature admits,
// null and extremes too: it may throw an exception, and nothing else.
func TestMembers(t *testing.T) {
	lib, err := Library()
	if err != nil {
		t.Fatal(err)
	}
	var pool []value.Value
	env := sampleEnv()
	for _, src := range instances {
		p, err := Compile("@(" + src + ")")
		if err != nil {
			t.Fatalf("%s: %v", src, err)
		}
		v, err := p.Run(env)
		if err != nil {
			t.Fatalf("%s: %v", src, err)
		}
		pool = append(pool, v)
	}
	calls := 0
	lib.Each(func(typ *value.Type, m *value.Members) {
		for _, method := range m.All() {
			calls += exercise(t, env, pool, typ, method)
		}
	})
	if calls < 3000 {
		t.Errorf("only %d calls", calls)
	}
}

// fitting gives the values of the pool that a parameter takes; null where it may be.
func fitting(pool []value.Value, want *value.Type) []value.Value {
	if want.Kind == value.KParam || want.Kind == value.KMParam {
		want = value.Obj
	}
	var out []value.Value
	if !want.IsValue() || want.Kind == value.KNullable {
		out = append(out, value.Null)
	}
	for _, v := range pool {
		open := want.Def != nil && value.FindSuper(v.R.Type(), want.Def) != nil
		if open || value.Derives(v.R.Type(), want.Underlying()) {
			out = append(out, v)
		}
	}
	if len(out) == 0 && want.IsValue() {
		out = append(out, value.Zero(want))
	}
	return out
}

// exercise calls one member with about sixty combinations of arguments.
func exercise(t *testing.T, env *Env, pool []value.Value, typ *value.Type, m *value.Method) (calls int) {
	var choices [][]value.Value
	if !m.Static {
		own := typ
		if len(typ.Params) > 0 {
			args := make([]*value.Type, len(typ.Params))
			for i := range args {
				args[i] = value.T(i)
			}
			own = value.Make(typ, args...)
		}
		var recv []value.Value
		for _, v := range fitting(pool, own) {
			if !v.IsNull() {
				recv = append(recv, v)
			}
		}
		choices = append(choices, recv)
	}
	for _, p := range m.Params {
		if p.Out || p.Ref {
			choices = append(choices, []value.Value{value.Ref(&value.Cell{})})
			continue
		}
		choices = append(choices, fitting(pool, p.Type))
	}
	total := 1
	for _, c := range choices {
		total *= len(c)
	}
	step := max(total/60, 1)
	for n := 0; n < total; n += step {
		args := make([]value.Value, len(choices))
		rest := n
		for i, c := range choices {
			args[i] = c[rest%len(c)]
			rest /= len(c)
		}
		calls++
		if fault := callMember(env, m, args); fault != "" {
			t.Errorf("%s.%s(%d parameters): %s", typ, m.Name, len(m.Params), fault)
			return calls
		}
	}
	return calls
}

// callMember runs the member's body; it gives what is neither a value, an exception nor a limit.
func callMember(env *Env, m *value.Method, args []value.Value) (fault string) {
	var r value.Run
	r.Start(nil, nil, Limits{Steps: 100_000, Memory: 4 << 20, Time: time.Second})
	r.Context = value.Ref(env.Call)
	defer func() {
		switch p := recover().(type) {
		case nil, *value.Thrown, *value.Abort:
		case runtime.Error:
			fault = fmt.Sprint(p, " with ", describeArgs(args))
		default:
			fault = fmt.Sprint("panics with ", p)
		}
	}()
	fn := m.Fn
	if m.Gen != nil {
		targs := make([]*value.Type, m.TParams)
		for i := range targs {
			targs[i] = value.Obj
		}
		class := []*value.Type{value.Obj, value.Obj, value.Obj, value.Obj, value.Obj, value.Obj, value.Obj}
		recv := value.Obj
		if len(args) > 0 && args[0].R != nil {
			recv = args[0].R.Type()
		}
		fn = m.Gen(value.Inst{Recv: recv, Args: targs, Ret: value.Subst(m.Ret, class, targs)})
	}
	v := fn(&r, args)
	if it, ok := v.R.(value.Iterable); ok { // what is lazy runs now
		walk := it.Iter(&r)
		for range 100 {
			if _, ok := walk.Next(&r); !ok {
				break
			}
		}
	}
	_ = value.Text(&r, v)
	return ""
}

func describeArgs(args []value.Value) string {
	s := ""
	for _, a := range args {
		if a.R == nil {
			s += "null "
		} else {
			s += a.R.Type().String() + " "
		}
	}
	return s
}
