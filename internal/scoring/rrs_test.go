package scoring

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"portico/internal/experiment"
	"portico/internal/module"
	"portico/internal/secret"
	"portico/internal/table"
	"portico/internal/webservice"
	"portico/internal/webservice/webservicetest"
)

// TestRequests sends the requests that clients are known to send (azureml.md 0 and 1).
func TestRequests(t *testing.T) {
	f := newFixture(t, nil)
	base, key := f.publish(t, webservicetest.Guide())
	id := base[len(base)-32:]
	dashed := id[:8] + "-" + id[8:12] + "-" + id[12:16] + "-" + id[16:20] + "-" + strings.ToUpper(id[20:])
	const details, plain, objects = "?api-version=2.0&details=true", "?api-version=2.0", "?api-version=2.0&details=true&format=swagger"
	two := func(a, b string) string {
		return `{"Results":{"output1":{"type":"table","value":{"ColumnNames":` + guideNames + `,"Values":[` + a + `,` + b + `]}}}}`
	}
	const null = `[null,"0","0","0","0","0","0","0","0"]`
	bearer := []string{"Authorization", "Bearer " + key}
	for _, c := range []struct {
		name, url, body string
		headers         []string
		want            string
	}{
		{"the guide", base + "/execute" + details, guideBody, append(bearer, "Content-Type", "application/json"), guideDetails},
		{"the guide without details", base + "/execute" + plain, guideBody, bearer, guideAnswer},
		{"details false", base + "/execute?api-version=2.0&details=false", guideBody, bearer, guideAnswer},
		{"details in capitals", base + "/execute?API-Version=2.0&Details=True", guideBody, bearer, guideDetails},
		{"details empty", base + "/execute?api-version=2.0&details=", guideBody, bearer, guideAnswer},
		{"unknown parameters and headers", base + "/execute" + details + "&subscription-key=abc&x=%zz", guideBody, append(bearer, "Ocp-Apim-Subscription-Key", "abc"), guideDetails},
		{"azmlclient, swagger form", base + "/execute" + objects, `{"Inputs": {"input1": [{"Col2": "This is a good day"}]}, "GlobalParameters": {}}`, append(bearer, "Content-Type", "application/json; charset=utf-8"), guideObjects},
		{"R", base + "/execute" + objects, `{"Inputs":{"input1":[{"Col2":"This is a good day"}]},"GlobalParameters":{}}`, append(bearer, "Content-Type", "application/json;charset=UTF8", "User-Agent", "R"), guideObjects},
		{"R's empty list", base + "/execute" + plain, `{"Inputs":{"input1":[{"Col2":"This is a good day"}]},"GlobalParameters":[]}`, bearer, guideAnswer},
		{"Python SDK", base + "/execute" + plain, `{"Inputs": {"input1": {"ColumnNames": ["Col2"], "Values": [["This is a good day"]]}}, "GlobalParameters": {}}`, []string{"authorization", "bearer " + key, "content-type", "text/json"}, guideAnswer},
		{"two blanks after Bearer", base + "/execute" + plain, guideBody, []string{"Authorization", "BEARER  " + key + " "}, guideAnswer},
		{"no type, and one that is not JSON", base + "/execute" + plain, guideBody, append(bearer, "Content-Type", "text/plain", "Accept", "image/png"), guideAnswer},
		{"Java's content encoding", base + "/execute" + plain, guideBody, append(bearer, "Content-Encoding", "UTF-8"), guideAnswer},
		{"no GlobalParameters", base + "/execute" + plain, `{"Inputs":{"input1":{"ColumnNames":["Col2"],"Values":[["This is a good day"]]}}}`, bearer, guideAnswer},
		{"null GlobalParameters", base + "/execute" + plain, `{"Inputs":{"input1":{"ColumnNames":["Col2"],"Values":[["This is a good day"]]}},"GlobalParameters":null}`, bearer, guideAnswer},
		{"Values before ColumnNames, other case", base + "/execute" + plain, `{"inputs":{"input1":{"values":[["This is a good day"]],"columnNames":["Col2"]}}}`, bearer, guideAnswer},
		{"an answer sent back", base + "/execute" + plain, `{"Inputs":{"input1":{"ColumnNames":["Col2"],"ColumnTypes":["String"],"Values":[["This is a good day"]]}}}`, bearer, guideAnswer},
		{"a byte order mark", base + "/execute" + plain, "\ufeff" + guideBody, bearer, guideAnswer},
		{"escapes", base + "/execute" + plain, `{"Inputs":{"input1":{"ColumnNames":["Col\u0032"],"Values":[["This is\u0020a good day"]]}}}`, bearer, guideAnswer},
		{"two rows", base + "/execute" + plain, `{"Inputs":{"input1":{"ColumnNames":["Col2"],"Values":[["This is a good day"],["I loved this book"]]}}}`, bearer,
			two(guideRow, `["I loved this book","0","1","1","2","1","0","2","0"]`)},
		{"missing", base + "/execute" + plain, `{"Inputs":{"input1":{"ColumnNames":["Col2"],"Values":[[null],[""]]}}}`, bearer, two(null, `["","0","0","0","0","0","0","0","0"]`)},
		{"numbers and booleans as text", base + "/execute" + plain, `{"Inputs":{"input1":[{"Col2":12.50},{"Col2":true}]}}`, bearer,
			two(`["12.50",`+hashed(t, f, "12.50")+`]`, `["True",`+hashed(t, f, "True")+`]`)},
		{"no rows", base + "/execute" + plain, `{"Inputs":{"input1":[]}}`, bearer,
			`{"Results":{"output1":{"type":"table","value":{"ColumnNames":` + guideNames + `,"Values":[]}}}}`},
		{"quotes and control characters", base + "/execute" + plain, `{"Inputs":{"input1":[{"Col2":"\"\\\n\u0001é"}]}}`, bearer,
			`{"Results":{"output1":{"type":"table","value":{"ColumnNames":` + guideNames + `,"Values":[["\"\\\n\u0001é",` + hashed(t, f, "\"\\\n\u0001é") + `]]}}}}`},
		{"the service's id with dashes, in capitals", strings.Replace(base, id, dashed, 1) + "/EXECUTE/" + plain, guideBody, bearer, guideAnswer},
		{"path of a service deployed by ARM", f.url + "/subscriptions/" + subscription + "/services/" + id + "/execute" + plain, guideBody, bearer, guideAnswer},
		{"version 1.0", base + "/score", `{"Id":"score00001","Instance":{"FeatureVector":{"Col2":"This is a good day"},"GlobalParameters":{}}}`, bearer, guideRow},
	} {
		t.Run(c.name, func(t *testing.T) {
			resp, body := send(t, "POST", c.url, c.body, c.headers...)
			if resp.StatusCode != 200 || body != c.want {
				t.Errorf("%d %s\nwant %s", resp.StatusCode, body, c.want)
			}
			if resp.Header.Get("x-ms-request-id") == "" || resp.Header.Get("Date") == "" || resp.Header.Get("Content-Type") != jsonType || resp.ContentLength != int64(len(body)) {
				t.Errorf("headers: %v", resp.Header)
			}
		})
	}
}

// hashed gives the cells that the guide's Feature Hashing makes of a text, as the module itself says.
func hashed(t *testing.T, f *fixture, text string) string {
	t.Helper()
	m, ok := f.run.Modules.Find("Feature Hashing")
	if !ok {
		t.Fatal("there is no Feature Hashing")
	}
	v, err := m.Bind(map[string]string{"Target columns": webservicetest.Columns(`"Col2"`), "Hashing bitsize": "3"})
	if err != nil {
		t.Fatal(err)
	}
	run, err := m.Prepare(v)
	if err != nil {
		t.Fatal(err)
	}
	out, err := run(t.Context(), []*table.Table{table.FromColumns(1, table.FromStrings("Col2", []string{text}))})
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	out[0].EachCell(0, func(i int, cell []byte, _ bool) {
		if i > 0 {
			all = append(all, `"`+string(cell)+`"`)
		}
	})
	return strings.Join(all, ",")
}

// pass is a module that gives what it takes: a service of it shows how cells are read and printed.
func pass(run func(ctx context.Context, in *table.Table) error) *module.Module {
	return &module.Module{
		Name: "Pass", FamilyID: strings.Repeat("ab", 16), Category: "Test", Version: 1,
		Inputs: []module.Port{{Name: "In", Type: module.Data}}, Outputs: []module.Port{{Name: "Out", Type: module.Data}},
		Errors: []string{"0003"},
		Prepare: func(module.Values) (module.Runner, error) {
			return func(ctx context.Context, in []*table.Table) ([]*table.Table, error) {
				return in, run(ctx, in[0])
			}, nil
		},
	}
}

func nothing(context.Context, *table.Table) error { return nil }

// passing is an experiment of Pass over a dataset with a column of each type.
func passing() *experiment.Experiment {
	typed := "typed"
	return &experiment.Experiment{
		ExperimentID: "passing", Description: "Passing", Status: experiment.Status{StatusCode: experiment.Finished},
		Graph: experiment.Graph{ModuleNodes: []experiment.Node{{
			ID: "1", ModuleID: "Pass", InputPortsInternal: []experiment.InputPort{{Name: "In", NodeID: "1", DataSourceID: &typed}},
		}}},
		WebService: experiment.WebServiceInfo{
			Inputs:  []experiment.ServicePort{{ID: "2", PortID: "1:In", Name: "rows"}},
			Outputs: []experiment.ServicePort{{ID: "3", PortID: "1:Out", Name: "rows"}},
		},
	}
}

func typedFixture(t *testing.T, change func(*Config), run func(ctx context.Context, in *table.Table) error) (f *fixture, base, key string) {
	f = newFixture(t, change, pass(run))
	f.run.Datasets["typed"] = typedTable()
	base, key = f.publish(t, passing())
	return f, base, key
}

// typedTable is a row of a column of each type.
func typedTable() *table.Table {
	column := func(name string, typ table.Type) *table.Column {
		return &table.Column{Field: table.Field{Name: name, Type: typ}, Strings: []string{""}, Doubles: []float64{0}, Ints: []int64{0}}
	}
	return table.FromColumns(1, column("s", table.String), column("d", table.Double), column("i", table.Int32),
		column("l", table.Int64), column("b", table.Boolean), column("t", table.DateTime), column("p", table.TimeSpan))
}

// TestCells sends cells of every JSON kind to columns of every type.
func TestCells(t *testing.T) {
	_, base, key := typedFixture(t, nil, nothing)
	for _, c := range []struct {
		name, row string
		want      string // the row, or the code of the error
	}{
		{"strings", `"text","1.5","2","9007199254740993","true","2010-05-30T18:07:00","1.02:03:04"`, `"text","1.5","2","9007199254740993","True","5/30/2010 6:07:00 PM","1.02:03:04"`},
		{"numbers", `1,-0.0000001,21.0,2.1e1,false,"5/30/2010 6:07:00 PM","00:00:01"`, `"1","-1E-07","21","21","False","5/30/2010 6:07:00 PM","00:00:01"`},
		{"null", `null,null,null,null,null,null,null`, `null,null,null,null,null,null,null`},
		{"blank", `"","",""," ","","",""`, `"",null,null,null,null,null,null`},
		{"not a number", `"NaN","NaN","1","1","true",null,null`, `"NaN","NaN","1","1","True",null,null`},
		{"infinite", `"","-Infinity","1","1","true",null,null`, `"","-Infinity","1","1","True",null,null`},
		{"large", `"",1e15,2147483647,-9223372036854775808,true,null,null`, `"","1E+15","2147483647","-9223372036854775808","True",null,null`},
		{"text for a Double", `"","abc",1,1,true,null,null`, "InputParseError"},
		{"too large for a Double", `"",1e999,1,1,true,null,null`, "InputParseError"},
		{"a fraction for an Int32", `"",1,1.5,1,true,null,null`, "InputParseError"},
		{"too large for an Int32", `"",1,2147483648,1,true,null,null`, "InputParseError"},
		{"a boolean for an Int64", `"",1,1,true,true,null,null`, "InputParseError"},
		{"text for a Boolean", `"",1,1,1,"maybe",null,null`, "InputParseError"},
		{"text for a DateTime", `"",1,1,1,true,"yesterday",null`, "InputParseError"},
		{"a list for a cell", `"",1,1,1,true,[],null`, "InputParseError"},
		{"an object for a cell", `{},1,1,1,true,null,null`, "InputParseError"},
	} {
		t.Run(c.name, func(t *testing.T) {
			body := `{"Inputs":{"rows":{"ColumnNames":["s","d","i","l","b","t","p"],"Values":[[` + c.row + `]]}}}`
			resp, got := send(t, "POST", base+"/execute?api-version=2.0", body, "Authorization", "Bearer "+key)
			if !strings.HasPrefix(c.want, "Input") {
				c.want = `{"Results":{"rows":{"type":"table","value":{"ColumnNames":["s","d","i","l","b","t","p"],"Values":[[` + c.want + `]]}}}}`
				if resp.StatusCode != 200 || got != c.want {
					t.Errorf("%d %s\nwant %s", resp.StatusCode, got, c.want)
				}
				return
			}
			if resp.StatusCode != 400 || errorCode(t, got) != "BadUserArgument/"+c.want || !strings.Contains(got, "row 1") {
				t.Errorf("%d %s, want %s", resp.StatusCode, got, c.want)
			}
		})
	}
}

// errorCode reads an error as clients do and gives "class/cause".
func errorCode(t *testing.T, body string) string {
	t.Helper()
	var e struct {
		Error struct {
			Code, Message string
			Details       []struct{ Code, Message string }
		}
	}
	if err := json.Unmarshal([]byte(body), &e); err != nil {
		t.Fatalf("%s: %v", body, err)
	}
	if e.Error.Message == "" || len(e.Error.Details) == 0 || e.Error.Details[0].Message == "" {
		t.Errorf("the error lacks a message or details: %s", body)
	}
	return e.Error.Code + "/" + e.Error.Details[0].Code
}

// TestErrors has each documented error that can arise, and what else is refused.
func TestErrors(t *testing.T) {
	f, base, key := typedFixture(t, func(c *Config) { c.MaxBody = 2000 }, func(ctx context.Context, in *table.Table) error {
		switch s := in.ColumnCalled("s").Strings; {
		case len(s) == 0:
			return module.Fail("0003", "In")
		case s[0] == "library":
			return module.Fail("1000", "it broke")
		case s[0] == "panic":
			panic("the module's secret")
		case s[0] == "unknown":
			return os.ErrPermission
		case s[0] == "late":
			return context.DeadlineExceeded
		}
		return nil
	})
	guide, guideKey := f.publish(t, webservicetest.Guide())
	wide := webservicetest.Guide()
	wide.ExperimentID, wide.Graph.ModuleNodes[1].ModuleParameters[1].Value = "wide", "17"
	wideBase, wideKey := f.publish(t, wide)
	linked := webservicetest.Guide()
	bits := "Bits"
	most := 20.0
	linked.ExperimentID, linked.Graph.ModuleNodes[1].ModuleParameters[1].LinkedGlobalParameter = "linked", &bits
	linked.WebService.Parameters = []experiment.ServiceParam{{Name: bits, ParameterDefinition: experiment.ParameterSpec{
		Name: bits, ParameterType: "Int", ParameterRules: []experiment.ParameterRule{{Max: &most}},
	}}}
	linkedBase, linkedKey := f.publish(t, linked)
	const query = "/execute?api-version=2.0"
	row := func(s string) string {
		return `{"Inputs":{"rows":[{"s":"` + s + `","d":1,"i":1,"l":1,"b":true,"t":null,"p":null}]}}`
	}
	input := func(in string) string { return `{"Inputs":{"rows":` + in + `}}` }
	withBits := func(v string) string {
		return strings.Replace(guideBody, `"GlobalParameters": {}`, `"GlobalParameters": {`+v+`}`, 1)
	}
	names := `"ColumnNames":["s","d","i","l","b","t","p"]`
	for _, c := range []struct {
		name, method, url, key, body string
		status                       int
		code, says                   string
	}{
		{"no body", "POST", base + query, key, "", 400, "BadArgument/RequestBodyInvalid", "the text is empty"},
		{"half a body", "POST", base + query, key, `{"Inputs":`, 400, "BadArgument/RequestBodyInvalid", "at byte 10"},
		{"NaN", "POST", base + query, key, input(`[{"s":NaN}]`), 400, "BadArgument/RequestBodyInvalid", "NaN is not JSON"},
		{"a list", "POST", base + query, key, `[]`, 400, "BadArgument/RequestBodyInvalid", "it must be an object"},
		{"an unknown member", "POST", base + query, key, `{"Inputs":{},"GolbalParameters":{}}`, 400, "BadArgument/RequestBodyInvalid", "GolbalParameters"},
		{"Inputs twice", "POST", base + query, key, `{"Inputs":{},"inputs":{}}`, 400, "BadArgument/RequestBodyInvalid", "Inputs twice"},
		{"an unknown member of an input", "POST", base + query, key, input(`{"Columns":[]}`), 400, "BadArgument/RequestBodyInvalid", `Input "rows" has a member "Columns"`},
		{"Inputs is a list", "POST", base + query, key, `{"Inputs":[]}`, 400, "BadArgument/RequestBodyInvalid", "an array"},
		{"an input twice", "POST", base + query, key, `{"Inputs":{"rows":[],"rows":[]}}`, 400, "BadArgument/RequestBodyInvalid", "twice"},
		{"an input is a string", "POST", base + query, key, input(`"x"`), 400, "BadArgument/RequestBodyInvalid", "a string"},
		{"no ColumnNames", "POST", base + query, key, input(`{"Values":[]}`), 400, "BadArgument/RequestBodyInvalid", "lacks ColumnNames"},
		{"no Values", "POST", base + query, key, input(`{` + names + `}`), 400, "BadArgument/RequestBodyInvalid", "lacks Values"},
		{"ColumnNames of numbers", "POST", base + query, key, input(`{"ColumnNames":[1],"Values":[]}`), 400, "BadArgument/RequestBodyInvalid", "a number"},
		{"Values of objects", "POST", base + query, key, input(`{` + names + `,"Values":[{}]}`), 400, "BadArgument/RequestBodyInvalid", "Row 1"},
		{"objects and lists", "POST", base + query, key, input(`[[]]`), 400, "BadArgument/RequestBodyInvalid", "Row 1"},
		{"GlobalParameters is a list", "POST", base + query, key, `{"GlobalParameters":[1]}`, 400, "BadArgument/RequestBodyInvalid", "a list"},

		{"no input", "POST", base + query, key, `{}`, 400, "BadArgument/MissingRequestInput", `"rows"`},
		{"null input", "POST", base + query, key, input(`null`), 400, "BadArgument/MissingRequestInput", `"rows"`},
		{"wrong input name", "POST", base + query, key, `{"Inputs":{"Rows":[]}}`, 400, "BadArgument/InvalidInputNames", `"Rows". Please map`},

		{"unknown column", "POST", base + query, key, input(`{"ColumnNames":["S"],"Values":[]}`), 400, "BadUserArgument/InputMismatchError", `no column "S"; its columns are "s" (String), "d" (Double)`},
		{"too few columns", "POST", base + query, key, input(`{"ColumnNames":["s"],"Values":[]}`), 400, "BadUserArgument/InputMismatchError", `lacks column "d"`},
		{"a column twice", "POST", base + query, key, input(`{"ColumnNames":["s","s"],"Values":[]}`), 400, "BadUserArgument/InputMismatchError", "twice"},
		{"too many columns", "POST", base + query, key, input(`{"ColumnNames":["s","d","i","l","b","t","p","q"],"Values":[]}`), 400, "BadUserArgument/InputMismatchError", `no column "q"`},
		{"an object with too few columns", "POST", base + query, key, input(`[{"s":""}]`), 400, "BadUserArgument/InputMismatchError", `lacks column "d"`},
		{"an object with a column twice", "POST", base + query, key, input(`[{"s":"","s":""}]`), 400, "BadUserArgument/InputMismatchError", "twice"},
		{"too few cells", "POST", base + query, key, input(`{` + names + `,"Values":[["",1,1,1,true,null,null],[""]]}`), 400, "BadUserArgument/InputParseError", "row 2"},
		{"too many cells", "POST", base + query, key, input(`{` + names + `,"Values":[["",1,1,1,true,null,null,0]]}`), 400, "BadUserArgument/InputParseError", "row 1"},
		{"a cell of the wrong type", "POST", base + query, key, input(`{` + names + `,"Values":[["","one",1,1,true,null,null]]}`), 400, "BadUserArgument/InputParseError", `column \"d\"`},

		{"a required parameter is missing", "POST", linkedBase + query, linkedKey, guideBody, 400, "BadUserArgument/MissingRequiredGlobalParameters", `"Bits"`},
		{"null for a required parameter", "POST", linkedBase + query, linkedKey, withBits(`"Bits":null`), 400, "BadUserArgument/MissingRequiredGlobalParameters", `"Bits"`},
		{"an unknown parameter", "POST", guide + query, guideKey, withBits(`"Bits":3`), 400, "BadUserArgument/UnexpectedParameter", `"Bits"`},
		{"a parameter against its rule", "POST", linkedBase + query, linkedKey, withBits(`"Bits":21`), 400, "BadArgument/BadParameterValue", "above 20"},
		{"a parameter that the module refuses", "POST", linkedBase + query, linkedKey, withBits(`"Bits":0`), 400, "BadUserArgument/UserParameterInvalid", "Bits"},
		{"a parameter that is a list", "POST", linkedBase + query, linkedKey, withBits(`"Bits":[]`), 400, "BadUserArgument/UserParameterInvalid", "Bits"},
		{"a parameter twice", "POST", linkedBase + query, linkedKey, withBits(`"Bits":3,"Bits":3`), 400, "BadArgument/RequestBodyInvalid", "twice"},

		{"a documented module error", "POST", base + query, key, input(`[]`), 400, "ModuleExecutionError/0003", `Error 0003: Input \"In\" is null or empty`},
		{"a library error", "POST", base + query, key, row("library"), 400, "LibraryExecutionError/1000", "it broke"},
		{"more columns than an answer may have", "POST", wideBase + query, wideKey, guideBody, 400, "ModuleExecutionError/0129", "'output1' exceeds allowed limit of '100000'"},
		{"a module that panics", "POST", base + query, key, row("panic"), 500, "InternalError/UnknownError", "log"},
		{"an undocumented failure", "POST", base + query, key, row("unknown"), 500, "InternalError/ModuleExecutionFailed", "Pass"},
		{"out of time", "POST", base + query, key, row("late"), 408, "RequestTimeout/ScoreRequestTimeout", "timed out"},

		{"no version", "POST", base + "/execute", key, row(""), 400, "BadArgument/BadVersionCall", "Invalid version parameter"},
		{"unknown version", "POST", base + "/execute?api-version=3.0", key, row(""), 400, "BadArgument/BadVersionCall", "call: 3.0. Check"},
		{"details that are neither", "POST", base + query + "&details=maybe", key, row(""), 400, "BadArgument/InvalidQueryParameter", "'details'"},
		{"another format", "POST", base + query + "&format=xml", key, row(""), 400, "BadArgument/InvalidQueryParameter", "'format'"},
		{"a broken escape", "POST", base + query + "&details=%zz", key, row(""), 400, "BadArgument/InvalidQueryParameter", "'details'"},

		{"no key", "POST", base + query, "", row(""), 401, "Unauthorized/ScoreRequestUnauthorized", "Invalid credentials provided."},
		{"a bad key", "POST", base + query, secret.APIKey(), row(""), 401, "Unauthorized/ScoreRequestUnauthorized", "Invalid credentials provided."},
		{"the key of another service", "POST", base + query, guideKey, row(""), 401, "Unauthorized/ScoreRequestUnauthorized", "Invalid credentials provided."},
		{"the workspace's token", "POST", base + query, token, row(""), 401, "Unauthorized/ScoreRequestUnauthorized", "Invalid credentials provided."},

		{"unknown service", "POST", base[:len(base)-32] + secret.ID() + query, key, row(""), 404, "NotFound/WebServiceNotFound", "no web service"},
		{"a service id that is none", "POST", base + "0" + query, key, row(""), 400, "BadArgument/WebServiceIdInvalid", "valid guid"},
		{"unknown workspace", "POST", strings.Replace(base, workspace, secret.ID(), 1) + query, key, row(""), 404, "NotFound/WorkspaceNotFound", "no workspace"},
		{"no workspace", "POST", strings.Replace(base, workspace, "", 1) + query, key, row(""), 400, "BadArgument/MissingWorkspaceId", "workspace id"},
		{"no service", "POST", base[:len(base)-32] + query, key, row(""), 400, "BadArgument/MissingWebServiceId", "service id"},
		{"another subscription", "POST", f.url + "/subscriptions/" + secret.ID() + "/services/" + base[len(base)-32:] + query, key, row(""), 400, "BadArgument/BadSubscriptionId", "subscription"},
		{"unknown path", "POST", base + "/executed?api-version=2.0", key, row(""), 404, "NotFound/ResourceNotFound", "executed"},
		{"another method", "GET", base + query, key, "", 405, "MethodNotAllowed/MethodNotAllowed", "POST is"},

		{"a body over the limit", "POST", base + query, key, input(`"` + strings.Repeat("x", 3000) + `"`), 413, "BadArgument/RequestBodyInvalid", "2000 bytes"},

		{"a body of version 1.0", "POST", guide + query, guideKey, `{"Id":"1","Instance":{}}`, 400, "InvalidOperation/IncompatibleModel", "/score"},
		{"version 1.0 without a vector", "POST", guide + "/score", guideKey, `{"Id":"1","Instance":{}}`, 400, "BadArgument/MissingRequestInput", "input1"},
		{"batch execution without input", "POST", base + "/jobs?api-version=2.0", key, "{}", 400, "BadArgument/BatchJobInputsNotSpecified", "rows"},
		{"batch execution with a bad key", "POST", base + "/jobs?api-version=2.0", "x", "{}", 401, "Unauthorized/ScoreRequestUnauthorized", "Invalid"},
		{"the status of an unknown job", "GET", base + "/jobs/1?api-version=2.0", key, "", 404, "NotFound/JobNotFound", "no job 1"},
		{"the list of jobs", "GET", base + "/jobs?api-version=2.0", key, "", 405, "MethodNotAllowed/MethodNotAllowed", "POST"},
		{"a job by PUT", "PUT", base + "/jobs/1?api-version=2.0", key, "", 405, "MethodNotAllowed/MethodNotAllowed", "GET, DELETE"},
		{"a job's start without a version", "POST", base + "/jobs/1/start", key, "", 400, "BadArgument/BadVersionCall", "Invalid version"},
		{"no job id", "GET", base + "/jobs//x?api-version=2.0", key, "", 405, "MethodNotAllowed/MethodNotAllowed", "POST"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var headers []string
			if c.key != "" {
				headers = []string{"Authorization", "Bearer " + c.key}
			}
			resp, body := send(t, c.method, c.url, c.body, headers...)
			if code := errorCode(t, body); resp.StatusCode != c.status || code != c.code || !strings.Contains(body, strings.ReplaceAll(strings.ReplaceAll(c.says, `\"`, `"`), `"`, `\"`)) {
				t.Errorf("%d %s\nwant %d %s %s", resp.StatusCode, body, c.status, c.code, c.says)
			}
			if resp.Header.Get("x-ms-request-id") == "" || resp.Header.Get("Content-Type") != jsonType {
				t.Errorf("headers: %v", resp.Header)
			}
			if strings.Contains(body, "module's secret") || strings.Contains(body, os.ErrPermission.Error()) {
				t.Errorf("the answer shows what only the log may have: %s", body)
			}
		})
	}
	if log := f.log.String(); !strings.Contains(log, "module's secret") || !strings.Contains(log, os.ErrPermission.Error()) {
		t.Errorf("the log lacks the failures: %s", log)
	}
	if resp, body := send(t, "POST", base+query, row(""), "Authorization", "Bearer "+key); resp.StatusCode != 200 {
		t.Errorf("after all errors: %d %s", resp.StatusCode, body)
	}
}

// TestAnswerTooLarge refuses an answer that a client could not take, before it is made.
func TestAnswerTooLarge(t *testing.T) {
	f := newFixture(t, nil)
	e := webservicetest.Guide()
	e.Graph.ModuleNodes[1].ModuleParameters[1].Value = "16" // 65536 columns
	base, key := f.publish(t, e)
	rows := func(n int) string {
		return `{"Inputs":{"input1":{"ColumnNames":["Col2"],"Values":[["a"]` + strings.Repeat(`,["b"]`, n-1) + `]}}}`
	}
	for _, format := range []string{"", "&format=swagger"} {
		resp, got := send(t, "POST", base+"/execute?api-version=2.0"+format, rows(2000), "Authorization", "Bearer "+key)
		if resp.StatusCode != 413 || errorCode(t, got) != "MemoryQuotaViolation/OutOfMemoryLimit" || !strings.Contains(got, "for the model is 128 MB") {
			t.Errorf("%d %.300s", resp.StatusCode, got)
		}
	}
	if resp, got := send(t, "POST", base+"/execute?api-version=2.0", rows(2), "Authorization", "Bearer "+key); resp.StatusCode != 200 {
		t.Errorf("%d %.300s", resp.StatusCode, got)
	}
}

// FuzzDecodeRequest reads anything and holds what is accepted to be a table that fits the input.
func FuzzDecodeRequest(f *testing.F) {
	column := func(name string, typ table.Type) *table.Column {
		return &table.Column{Field: table.Field{Name: name, Type: typ}}
	}
	x := newFixture(f, nil, pass(nothing))
	x.run.Datasets["typed"] = table.FromColumns(0, column("s", table.String), column("d", table.Double), column("i", table.Int32), column("b", table.Boolean))
	base, _ := x.publish(f, passing())
	plan := x.Services.Find(base[len(base)-32:]).Plan
	for _, s := range []string{
		guideBody, `{"Inputs":{"rows":{"ColumnNames":["s","d","i","b"],"Values":[["a",1,"2",true],[null,null,null,null]]}},"GlobalParameters":{"x":1}}`,
		`{"Inputs":{"rows":{"Values":[[1.0,1e3,2E1,"x"]],"ColumnNames":["b","i","d","s"],"ColumnTypes":[{}]}}}`,
		`{"Inputs":{"rows":[{"s":"","d":"NaN","i":null,"b":"False"},{"b":false,"i":1,"d":2,"s":3}]},"GlobalParameters":[]}`,
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, body string) {
		in, _, err := decodeRequest(body, plan)
		if err != nil {
			if w, internal := failureOf(err); internal || w.status != http.StatusBadRequest {
				t.Errorf("%q: %d %v", body, w.status, err)
			}
			return
		}
		rows := in[0]
		if len(in) != 1 || !slices.Equal(rows.Schema(), plan.Inputs[0].Fields) {
			t.Fatalf("%q gives the columns %v", body, rows.Schema())
		}
		for _, p := range rows.Parts {
			if n := max(len(p.Column.Strings), len(p.Column.Doubles), len(p.Column.Ints)); n != rows.Rows || p.Column.Missing != nil && len(p.Column.Missing) != n {
				t.Errorf("%q: column %s has %d cells of %d rows", body, p.Column.Name, n, rows.Rows)
			}
		}
	})
}

// TestVersion1NeedsOneInputAndOutput has the errors that tell clients of API version 1.0 to change.
func TestVersion1NeedsOneInputAndOutput(t *testing.T) {
	f := newFixture(t, nil)
	two := webservicetest.Guide()
	two.WebService.Outputs = append(two.WebService.Outputs, experiment.ServicePort{ID: "-203", PortID: "-101:Transformed dataset", Name: "output2"})
	base, key := f.publish(t, two)
	static := webservicetest.Guide()
	static.ExperimentID, static.WebService.Inputs = "static", nil
	noInput, noInputKey := f.publish(t, static)
	body := `{"Id":"1","Instance":{"FeatureVector":{"Col2":"x"},"GlobalParameters":{}}}`
	for _, c := range []struct{ url, key, code string }{
		{base, key, "InvalidOperation/IncompatibleModel"}, {noInput, noInputKey, "InvalidOperation/MultipleInputsNotAllowed"},
	} {
		if resp, got := send(t, "POST", c.url+"/score", body, "Authorization", "Bearer "+c.key); resp.StatusCode != 400 || errorCode(t, got) != c.code {
			t.Errorf("%d %s, want %s", resp.StatusCode, got, c.code)
		}
	}
	// Without inputs a body needs neither member.
	resp, got := send(t, "POST", noInput+"/execute?api-version=2.0", `{}`, "Authorization", "Bearer "+noInputKey)
	if resp.StatusCode != 200 || !strings.Contains(got, `["I loved this book","0","1","1","2","1","0","2","0"]`) {
		t.Errorf("%d %s", resp.StatusCode, got)
	}
}

// TestConcurrencyLimit holds calls in a module until the next is refused.
func TestConcurrencyLimit(t *testing.T) {
	entered, leave := make(chan struct{}), make(chan struct{})
	f, base, key := typedFixture(t, nil, func(ctx context.Context, in *table.Table) error {
		if in.ColumnCalled("s").Strings[0] == "wait" {
			entered <- struct{}{}
			<-leave
		}
		return nil
	})
	l := f.Services.Find(base[len(base)-32:])
	two := 2
	if _, _, err := f.Services.PutEndpoint(t.Context(), workspace, l.ServiceID, "default", webservice.EndpointSettings{MaxConcurrentCalls: &two}); err != nil {
		t.Fatal(err)
	}
	body := func(s string) string {
		return `{"Inputs":{"rows":[{"s":"` + s + `","d":1,"i":1,"l":1,"b":true,"t":null,"p":null}]}}`
	}
	call := func(s string) (int, string) {
		resp, got := send(t, "POST", base+"/execute?api-version=2.0", body(s), "Authorization", "Bearer "+key)
		return resp.StatusCode, got
	}
	var waiting sync.WaitGroup
	for range two {
		waiting.Go(func() {
			if status, got := call("wait"); status != 200 {
				t.Errorf("a call within the limit: %d %s", status, got)
			}
		})
		<-entered
	}
	status, got := call("")
	if status != 503 || errorCode(t, got) != "ServiceUnavailable/RequestThrottled" ||
		!strings.Contains(got, "Request was throttled for default endpoint. The maximum concurrency for the endpoint is 2.") {
		t.Errorf("a call beyond the limit: %d %s", status, got)
	}
	close(leave)
	waiting.Wait()
	if status, got := call(""); status != 200 {
		t.Errorf("a call after the others: %d %s", status, got)
	}
}

// TestTimeout ends a call that runs longer than it may.
func TestTimeout(t *testing.T) {
	_, base, key := typedFixture(t, func(c *Config) { c.Timeout = 1 }, func(ctx context.Context, in *table.Table) error {
		if in.ColumnCalled("s").Strings[0] != "wait" {
			return nil
		}
		<-ctx.Done()
		return ctx.Err()
	})
	body := `{"Inputs":{"rows":[{"s":"wait","d":1,"i":1,"l":1,"b":true,"t":null,"p":null}]}}`
	resp, got := send(t, "POST", base+"/execute?api-version=2.0", body, "Authorization", "Bearer "+key)
	if resp.StatusCode != 408 || errorCode(t, got) != "RequestTimeout/ScoreRequestTimeout" {
		t.Errorf("%d %s", resp.StatusCode, got)
	}
}

// TestRepublishUnderLoad updates a service again and again while it is called.
func TestRepublishUnderLoad(t *testing.T) {
	f := newFixture(t, nil)
	base, key := f.publish(t, webservicetest.Guide())
	const unigrams = `["This is a good day","0","1","1","0","0","2","0","1"]`
	stop := make(chan struct{})
	var callers sync.WaitGroup
	for range 4 {
		callers.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				resp, got := send(t, "POST", base+"/execute?api-version=2.0", guideBody, "Authorization", "Bearer "+key)
				if resp.StatusCode != 200 || !strings.Contains(got, guideRow) && !strings.Contains(got, unigrams) {
					t.Errorf("%d %s", resp.StatusCode, got)
					return
				}
			}
		})
	}
	for i := range 20 {
		e := webservicetest.Guide()
		e.Graph.ModuleNodes[1].ModuleParameters[2].Value = fmt.Sprint(1 + i%2)
		f.run.Experiments[e.ExperimentID] = e
		if _, err := f.Services.Publish(t.Context(), workspace, e, webservice.PublishOptions{UpdateExisting: true}); err != nil {
			t.Fatal(err)
		}
	}
	close(stop)
	callers.Wait()
}

// TestRestart closes the store without a word and starts again on its folder.
func TestRestart(t *testing.T) {
	f := newFixture(t, nil)
	base, key := f.publish(t, webservicetest.Guide())
	if err := f.db.Close(); err != nil {
		t.Fatal(err)
	}
	clear(f.run.Datasets)
	clear(f.run.Experiments)
	f.start(t, nil)
	url := f.url + base[strings.Index(base, "/workspaces"):]
	resp, got := send(t, "POST", url+"/execute?api-version=2.0&details=true", guideBody, "Authorization", "Bearer "+key)
	if resp.StatusCode != 200 || got != guideDetails {
		t.Errorf("%d %s", resp.StatusCode, got)
	}
}

func TestCallsAreRecorded(t *testing.T) {
	f := newFixture(t, nil)
	base, key := f.publish(t, webservicetest.Guide())
	send(t, "POST", base+"/execute?api-version=2.0", guideBody, "Authorization", "Bearer "+key)
	resp, _ := send(t, "POST", base+"/execute?api-version=2.0&subscription-key=s3cret", guideBody, "Authorization", "Bearer x")
	send(t, http.MethodGet, base+"/swagger.json", "")
	f.listener.Close() // waits for the calls, which are recorded after their answer
	if len(f.calls.calls) != 2 {
		t.Fatalf("%d calls are recorded, want the 2 of applications", len(f.calls.calls))
	}
	l := f.Services.Find(base[len(base)-32:])
	good, bad := f.calls.calls[0], f.calls.calls[1]
	if good.API != l.ServiceID+"/default" || good.Operation != "execute" || good.Listener != "scoring" || good.Status != 200 ||
		good.RequestBytes != int64(len(guideBody)) || good.ResponseBytes != int64(len(guideAnswer)) || good.IP != "127.0.0.1" ||
		!strings.HasSuffix(good.URL, "/execute?api-version=2.0") {
		t.Errorf("the good call: %+v", good)
	}
	if bad.Status != 401 || bad.RequestID != resp.Header.Get("x-ms-request-id") || strings.Contains(bad.URL, "s3cret") {
		t.Errorf("the bad call: %+v", bad)
	}
}
