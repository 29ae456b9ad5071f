package csharp

import (
	"strings"
	"testing"
)

// TestContext reads every part of the context tree from sampleEnv.
func TestContext(t *testing.T) {
	tests := []struct{ src, want string }{
		{`@(context.Api.Id + "|" + context.Api.Name + "|" + context.Api.Path + "|" + context.Api.Revision + context.Api.IsCurrentRevision)`, "demo-api|Demo API|demo|1True"},
		{`@(context.Api.Version == null)`, "True"},
		{`@(context.Api.ServiceUrl.Host + context.Api.ServiceUrl.Port + context.Api.ServiceUrl.Path)`, "backend.example.com443/v1"},
		{`@(context.Operation.Id + context.Operation.Method + context.Operation.UrlTemplate)`, "get-itemGET/items/{id}"},
		{`@(context.Product.Name + context.Product.State + context.Product.SubscriptionRequired + context.Product.SubscriptionLimit)`, "StarterPublishedTrue"},
		{`@(string.Join(",", context.Product.Groups.Select(g => g.Id)) + context.Product.Apis.Count())`, "developers1"},
		{`@(context.Subscription.Key + context.Subscription.PrimaryKey + context.Subscription.SecondaryKey)`, "k1k1k2"},
		{`@(context.Subscription.CreatedDate.ToString("yyyy") + (context.Subscription.StartDate == null) + context.Subscription.EndDate.Value.Year)`, "2026True2027"},
		{`@(context.User.FirstName + context.User.Email + string.Join(";", context.User.Groups.Select(g => g.Name)) + context.User.Identities.First().Provider)`, "Adaada@example.comDevelopersBasic"},
		{`@(context.Deployment.Region + context.Deployment.ServiceName + context.Deployment.Gateway.Id + context.Deployment.Certificates.ContainsKey("x"))`, "West EuropeporticomanagedFalse"},
		{`@(context.Workspace?.Id ?? "none")`, "none"},
		{`@(context.RequestId)`, "0f8fad5b-d9cb-469f-a165-70867728950e"},
		{`@(context.Timestamp.ToString("s") + context.Elapsed.TotalMilliseconds + context.Tracing)`, "2026-01-02T03:04:051500False"},
		{`@(context.Request.Method + context.Request.IpAddress)`, "GET203.0.113.7"},
		{`@(context.Request.Url.ToString())`, "https://api.example.com/demo/items/42?page=2&q=a%20b&q=c"},
		{`@(context.Request.Url.Scheme + context.Request.Url.Port + context.Request.Url.QueryString)`, "https443?page=2&q=a%20b&q=c"},
		{`@(context.Request.Url.Query.GetValueOrDefault("page") + context.Request.Url.Query.GetValueOrDefault("none", "-"))`, "2-"},
		{`@(context.Request.Url.Query["q"][1] + context.Request.Url.Query["q"].Length)`, "c2"},
		{`@(context.Request.OriginalUrl.ToUri().Host)`, "api.example.com"},
		{`@(context.Request.MatchedParameters["id"] + context.Request.MatchedParameters.GetValueOrDefault("nope", "x"))`, "42x"},
		{`@(context.Request.Headers["HOST"][0])`, "api.example.com"},
		{`@(context.Request.Headers.GetValueOrDefault("X-Forwarded-For"))`, "10.0.0.1,10.0.0.2"},
		{`@(context.Request.Headers.GetValueOrDefault("Nope") == null)`, "True"},
		{`@(context.Request.Headers.ContainsKey("cookie"))`, "True"},
		{`@(string.Join(";", context.Request.Headers.Where(h => h.Key.StartsWith("C")).Select(h => h.Key + "=" + h.Value[0])))`, "Content-Length=10;Cookie=a=b"},
		{`@(context.Request.Certificate == null)`, "True"},
		{`@(context.Request.Body.As<JObject>()["list"][1]["name"])`, "b"},
		{`@{ var a = context.Request.Body.As<string>(preserveContent: true); return a == context.Request.Body.As<string>(true); }`, "True"},
		{`@(context.Response.StatusCode + context.Response.StatusReason + context.Response.Headers.GetValueOrDefault("content-type"))`, "200OKapplication/json"},
		{`@(((IResponse)context.Variables["response"]).Body.As<JObject>()["access_token"].ToString())`, "abc"},
		{`@(context.Variables.GetValueOrDefault<string>("text") + context.Variables.GetValueOrDefault<int>("number", 3) + context.Variables.GetValueOrDefault<int>("none", 3) + context.Variables.GetValueOrDefault("none", "d"))`, "hello53d"},
		{`@(context.Variables.ContainsKey("flag") && (bool)context.Variables["flag"])`, "True"},
		{`@(context.LastError.Source + context.LastError.Reason + context.LastError.Message + context.LastError.Section)`, "validate-jwtTokenNotPresentJWT not present.inbound"},
		{`@{ context.Trace("x"); return 1; }`, "1"},
		{`@(context.Request.Headers.GetValueOrDefault("Authorization").AsJwt().Subject)`, "1234"},
		{`@{ var j = context.Request.Headers.GetValueOrDefault("Authorization").Split(' ')[1].AsJwt(); return j.Issuer + j.Algorithm + string.Join("", j.Audiences) + j.Claims["roles"][1] + j.Claims.GetValueOrDefault("roles") + j.Claims["admin"][0] + j.ExpirationTime?.Year; }`, "meHS256abyx,ytrue2033"},
		{`@("nonsense".AsJwt() == null)`, "True"},
		{`@{ Jwt j; return "x".TryParseJwt(out j); }`, "False"},
		{`@{ var b = "Basic dXNlcjpwYTpzcw==".AsBasic(); return b.UserId + "/" + b.Password; }`, "user/pa:ss"},
		{`@{ BasicAuthCredentials b; return "Basic !".TryParseBasic(out b) + (b == null ? "null" : ""); }`, "Falsenull"},
		{`@{ var k = Convert.FromBase64String("AAAAAAAAAAAAAAAAAAAAAA=="); var e = Encoding.UTF8.GetBytes("secret").Encrypt("Aes", k, k); return Encoding.UTF8.GetString(e.Decrypt("Aes", k, k)); }`, "secret"},
	}
	for _, test := range tests {
		p, err := Compile(test.src)
		if err != nil {
			t.Errorf("%s: %v", test.src, err)
			continue
		}
		if got, err := p.RunString(sampleEnv()); err != nil || got != test.want {
			t.Errorf("%s\n got %q, %v\nwant %q", test.src, got, err, test.want)
		}
	}
}

// TestLanguage has what mono's compiler does not know, and where mono is not .NET.
func TestLanguage(t *testing.T) {
	tests := []struct{ src, want string }{
		{`@{ string F(int n) => n == 0 ? "" : F(n - 1) + n; return F(4); }`, "1234"},
		{`@{ int total = 0; void Add(int n, int times = 2) { total += n * times; } Add(3); Add(n: 1, times: 5); return total; }`, "11"},
		{`@{ bool Even(int n) => n == 0 || Odd(n - 1); bool Odd(int n) => n != 0 && Even(n - 1); return Even(10); }`, "True"},
		{`@{ void Swap(ref int a, ref int b) { var t = a; a = b; b = t; } int x = 1, y = 2; Swap(ref x, ref y); return x * 10 + y; }`, "21"},
		{`@{ int Sum(params int[] n) => n.Sum(); return Sum(1, 2, 3) + Sum(); }`, "6"},
		{`@{ object o = 5; switch (o) { case string s: return "s" + s; case int n when n > 3: return "n" + n; default: return "d"; } }`, "n5"},
		{`@{ object o = null; switch (o) { case null: return "null"; default: return "d"; } }`, "null"},
		{`@(Math.Round(2.5) + "," + Math.Round(-2.5))`, "2,-2"},
		{`@(1_000_000)`, "1000000"},
		{`@("a" "b")`, ""},
		{`@("name=""")`, "name="},
		{`@(context.Request.MatchedParameters("place", "x") + context.Request.MatchedParameters("none", "x"))`, "Parisx"},
		{`@(new DateTime(2026, 1, 2).AddDays((string)context.Request.MatchedParameters["id"]).ToString("MM-dd"))`, "02-13"},
		{`@(context.Request.MatchedParameters.ContainsKey('place'))`, "True"},
		{`@(new JArray(1, 2).First().ToString() + new List<int> { 1, 2 }.Count())`, "12"},
		{`@(true != null)`, "True"},
		{`@(((IDictionary<string, string>)new Dictionary<string, string> { ["a"] = "b" }).GetValueOrDefault("c", "d"))`, "d"},
		{`@{ var d = new XmlDocument(); d.LoadXml("<a xmlns='u'><b c='1'>x</b><b c='2'>y</b></a>"); var m = new XmlNamespaceManager(d.NameTable); m.AddNamespace("p", "u");
			return d.SelectSingleNode("/p:a/p:b[@c='2']", m).InnerText + d.DocumentElement.ChildNodes.Count + d.SelectNodes("//*[local-name()='b']/@c").Count; }`, "y22"},
		{`@{ using (var r = XmlReader.Create(new StringReader("<a><b>1</b><c><b>2</b></c></a>"))) { r.MoveToContent(); while (r.Read()) { if (r.Name == "c") { return (XNode.ReadFrom(r) as XElement).Value; } } } return ""; }`, "2"},
		{`@(string.Join(",", new[] { 1, 2 }.Select(x => { if (x > 1) { return "big"; } return "small"; })))`, "small,big"},
		{`@{ var q = from x in new[] { 1, 2 } from y in new[] { 10, 20 } let z = x * y where z > 10 orderby z descending select z; return string.Join(",", q); }`, "40,20,20"},
		{`@(context.Product?.Groups?.FirstOrDefault(g => g.Name == "nope")?.Id?.Length ?? -1)`, "-1"},
		{`@{ var t = (name: "a", count: 2); return t.name + t.count; }`, "a2"},
		{`@(new Dictionary<string, List<int>> { ["a"] = new List<int> { 1, 2 } }["a"].Count)`, "2"},
		{`@{ foreach (var (k, v) in new Dictionary<string, int> { ["a"] = 1 }) { return k + v; } return ""; }`, "a1"},
		{`@{ string s = null; s ??= "dflt"; return s; }`, "dflt"},
		{`@(TimeZoneInfo.ConvertTimeFromUtc(new DateTime(2024, 7, 1, 12, 0, 0, DateTimeKind.Utc), TimeZoneInfo.FindSystemTimeZoneById("Romance Standard Time")).Hour)`, "14"},
	}
	for _, test := range tests {
		p, err := Compile(test.src)
		if err != nil {
			if test.want != "" {
				t.Errorf("%s: %v", test.src, err)
			}
			continue
		}
		if got, err := p.RunString(sampleEnv()); err != nil || got != test.want {
			t.Errorf("%s\n got %q, %v\nwant %q", test.src, got, err, test.want)
		}
	}
}

// TestDamaged has what a tool made of @{ … Variables["a"]).ToString(); return "b"; } by quoting it again.
func TestDamaged(t *testing.T) {
	const src = "@{ var x = JObject.Parse((string)context.Variables[\"a=\"\"\n b=\"\"\n c=\"\"/{d}\";}"
	if n, ok := Scan(src + `" />`); !ok || n != len(src) {
		t.Errorf("it ends at %d of %d: %v", n, len(src), ok)
	}
	p, err := Compile(src)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Run(sampleEnv()); err == nil {
		t.Error("it must not give a value")
	}
	if _, err := Compile("@(\"a\n\")"); err == nil {
		t.Error("a string over two lines compiles")
	}
}

// TestCompileErrors checks that every problem is told with its place.
func TestCompileErrors(t *testing.T) {
	tests := []struct{ src, want string }{
		{`@(foo)`, "1:3: the name 'foo' does not exist here"},
		{"@{\n  var x = 1;\n  return x.Foo + y;\n}", "3:12: 'int' has no member 'Foo'; 3:18: the name 'y' does not exist here"},
		{`@("a".tolower())`, "1:7: 'string' has no member 'tolower'; did you mean 'ToLower'?"},
		{`@(1 + )`, "1:7: an operand is expected, and here is ')'"},
		{`@("abc)`, `1:3: the string is not closed; a string over several lines is written @"…"`},
		{`@{ int x = "a"; string y = 1; return x; }`, "1:12: 'string' cannot be converted to 'int' by itself; 1:28: 'int' cannot be converted to 'string' by itself"},
		{`@{ long a = 1; int b = a; return b; }`, "1:24: 'long' cannot be converted to 'int' by itself; a cast is missing: (int)"},
		{`@(true + 1)`, "1:8: '+' cannot be applied to 'bool' and 'int'"},
		{`@{ if (true) { return 1; } }`, ""},
		{`@{ if (context.Tracing) { return 1; } }`, "1:2: not every path of the expression returns a value"},
		{`@(System.IO.File.ReadAllText("x"))`, "1:13: 'System.IO.File' is not one of the types that expressions may use"},
		{`@(new System.Net.WebClient())`, "1:7: the type 'System.Net.WebClient' is not one that expressions may use"},
		{`@(checked(int.MaxValue + 1))`, "1:24: the constant expression fails: Arithmetic operation resulted in an overflow."},
		{`@(new[] { 1, 2 }.Select(x => x.Foo))`, "1:32: 'int' has no member 'Foo'"},
		{`@("abc".Substring("x"))`, "1:9: no form of 'string.Substring' takes the arguments (string)"},
		{`@{ a = ; b = 2; return (; }`, "1:8: an operand is expected, and here is ';'; 1:25: an operand is expected, and here is ';'"},
		{`@{ const int K = 1; K = 2; return K; }`, "1:21: only a variable, a property or an element can be assigned"},
		{`@(context.Request.Method = "x")`, "1:3: this cannot be assigned: the property 'Method' can only be read"},
		{`@(1) x`, "1:6: nothing may follow the end of the expression, and here is 'x'"},
		{`x`, "1:1: an expression starts with @( or @{"},
		{`@(new JObject{{}})`, "1:15: an element of an initialiser has at least one value"},
		{`@(this.x)`, "1:3: a policy expression has no 'this'"},
	}
	for _, test := range tests {
		_, err := Compile(test.src)
		got := ""
		if err != nil {
			got = err.Error()
		}
		if got != test.want {
			t.Errorf("%s\n got %s\nwant %s", test.src, got, test.want)
		}
	}
}

// TestRunErrors checks the type and the place of what a run throws.
func TestRunErrors(t *testing.T) {
	tests := []struct{ src, want string }{
		{"@{\n  string s = null;\n  return s.Length;\n}", "3:12: System.NullReferenceException: Object reference not set to an instance of an object."},
		{`@(int.Parse("x"))`, "1:7: System.FormatException: Input string was not in a correct format."},
		{`@((string)context.Variables["none"])`, "1:28: System.Collections.Generic.KeyNotFoundException: The given key was not present in the dictionary."},
		{`@((int)context.Variables["text"])`, "1:3: System.InvalidCastException: Specified cast is not valid."},
		{`@((JObject)context.Variables["text"])`, "1:3: System.InvalidCastException: Unable to cast object of type 'System.String' to type 'Newtonsoft.Json.Linq.JObject'."},
		{`@{ throw new InvalidOperationException("boom"); }`, "1:4: System.InvalidOperationException: boom"},
		{`@{ var a = context.Request.Body.As<string>(); return context.Request.Body.As<string>(); }`, "1:75: System.InvalidOperationException: the body was read already; read it with preserveContent: true where it is needed again"},
	}
	for _, test := range tests {
		p, err := Compile(test.src)
		if err != nil {
			t.Errorf("%s: %v", test.src, err)
			continue
		}
		if _, err := p.Run(sampleEnv()); err == nil || err.Error() != test.want {
			t.Errorf("%s\n got %v\nwant %s", test.src, err, test.want)
		}
	}
	if _, err := Compile("@(" + strings.Repeat("(", 100_000)); err == nil {
		t.Error("100,000 brackets compile")
	}
}
