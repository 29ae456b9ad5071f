package server_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"portico/internal/blob/server"
)

// hmacOf signs as the specification says.
func (w *wire) hmacOf(stringToSign string) string {
	w.Helper()
	key, err := base64.StdEncoding.DecodeString(w.key)
	if err != nil {
		w.Fatal(err)
	}
	m := hmac.New(sha256.New, key)
	m.Write([]byte(stringToSign))
	return base64.StdEncoding.EncodeToString(m.Sum(nil))
}

// plain makes a call without any credentials.
func (w *wire) plain(method, target string, header http.Header, body io.Reader) *http.Request {
	w.Helper()
	r := w.request(method, target, header, body)
	r.URL.RawQuery = strings.TrimSuffix(strings.TrimSuffix(r.URL.RawQuery, w.token), "&")
	return r
}

// signSharedKey signs a call that has a body and no other headers.
func (w *wire) signSharedKey(r *http.Request) {
	w.Helper()
	date := time.Now().UTC().Format(http.TimeFormat)
	r.Header.Set("x-ms-date", date)
	r.Header.Set("x-ms-version", "2021-12-02")
	length := ""
	if r.ContentLength > 0 {
		length = strconv.FormatInt(r.ContentLength, 10)
	}
	resource := "/" + w.account + r.URL.EscapedPath()
	for _, name := range []string{"comp", "restype"} {
		if v := r.URL.Query().Get(name); v != "" {
			resource += "\n" + name + ":" + v
		}
	}
	str := r.Method + "\n\n\n" + length + "\n\n\n\n\n\n\n\n\nx-ms-date:" + date + "\nx-ms-version:2021-12-02\n" + resource
	r.Header.Set("Authorization", "SharedKey "+w.account+":"+w.hmacOf(str))
}

// TestStringsToSign holds what is signed, in each generation, word for word. {date}
// is the date, {account} the account's name.
func TestStringsToSign(t *testing.T) {
	w := newWire(t)
	for _, c := range []struct {
		name, method, target string
		header               http.Header
		body, scheme, str    string
	}{
		{"2021, get", "GET", "data/digits", http.Header{"x-ms-date": {"{date}"}, "x-ms-version": {"2021-12-02"}}, "", "SharedKey",
			"GET\n\n\n\n\n\n\n\n\n\n\n\nx-ms-date:{date}\nx-ms-version:2021-12-02\n/{account}/{account}/data/digits"},
		{"2021, query", "GET", "data?restype=container&comp=list&prefix=a%20b%2Fc&maxresults=1", http.Header{"x-ms-date": {"{date}"}, "x-ms-version": {"2021-12-02"}}, "", "SharedKey",
			"GET\n\n\n\n\n\n\n\n\n\n\n\nx-ms-date:{date}\nx-ms-version:2021-12-02\n/{account}/{account}/data\ncomp:list\nmaxresults:1\nprefix:a b/c\nrestype:container"},
		{"2021, every standard header", "PUT", "data/a%20b", http.Header{"x-ms-date": {"{date}"}, "x-ms-version": {"2021-12-02"}, "x-ms-blob-type": {"BlockBlob"}, "x-ms-meta-m": {" v "},
			"Content-Encoding": {"identity"}, "Content-Language": {"en"}, "Content-MD5": {"ndTkYSaMgDT1yFZOFVxnpg=="}, "Content-Type": {"text/plain"}, "If-Unmodified-Since": {"Fri, 31 Dec 2100 00:00:00 GMT"}}, "x", "SharedKey",
			"PUT\nidentity\nen\n1\nndTkYSaMgDT1yFZOFVxnpg==\ntext/plain\n\n\n\n\nFri, 31 Dec 2100 00:00:00 GMT\n\nx-ms-blob-type:BlockBlob\nx-ms-date:{date}\nx-ms-meta-m:v\nx-ms-version:2021-12-02\n/{account}/{account}/data/a%20b"},
		{"2021, conditions and a range", "GET", "data/digits", http.Header{"x-ms-date": {"{date}"}, "x-ms-version": {"2021-12-02"}, "If-None-Match": {`"other"`}, "If-Modified-Since": {"Sat, 01 Jan 2000 00:00:00 GMT"}, "Range": {"bytes=0-1"}}, "", "SharedKey",
			"GET\n\n\n\n\n\n\nSat, 01 Jan 2000 00:00:00 GMT\n\n\"other\"\n\nbytes=0-1\nx-ms-date:{date}\nx-ms-version:2021-12-02\n/{account}/{account}/data/digits"},
		{"2021, length of zero is empty", "PUT", "made-1?restype=container", http.Header{"x-ms-date": {"{date}"}, "x-ms-version": {"2021-12-02"}}, "", "SharedKey",
			"PUT\n\n\n\n\n\n\n\n\n\n\n\nx-ms-date:{date}\nx-ms-version:2021-12-02\n/{account}/{account}/made-1\nrestype:container"},
		{"2014, length of zero is written", "PUT", "made-2?restype=container", http.Header{"x-ms-date": {"{date}"}, "x-ms-version": {"2014-02-14"}}, "", "SharedKey",
			"PUT\n\n\n0\n\n\n\n\n\n\n\n\nx-ms-date:{date}\nx-ms-version:2014-02-14\n/{account}/{account}/made-2\nrestype:container"},
		{"2009, Date instead of x-ms-date", "GET", "data/digits", http.Header{"Date": {"{date}"}, "x-ms-version": {"2009-09-19"}}, "", "SharedKey",
			"GET\n\n\n\n\n\n{date}\n\n\n\n\n\nx-ms-version:2009-09-19\n/{account}/{account}/data/digits"},
		{"lite", "GET", "data?restype=container&comp=list", http.Header{"x-ms-date": {"{date}"}, "x-ms-version": {"2015-02-21"}}, "", "SharedKeyLite",
			"GET\n\n\n\nx-ms-date:{date}\nx-ms-version:2015-02-21\n/{account}/{account}/data?comp=list"},
		{"lite, without comp", "GET", "data/digits", http.Header{"Date": {"{date}"}, "x-ms-version": {"2015-02-21"}}, "", "SharedKeyLite",
			"GET\n\n\n{date}\nx-ms-version:2015-02-21\n/{account}/{account}/data/digits"},
		{"headers by bytes", "PUT", "data/order", http.Header{"x-ms-date": {"{date}"}, "x-ms-version": {"2021-12-02"}, "x-ms-blob-type": {"BlockBlob"}, "x-ms-meta-a0": {"1"}, "x-ms-meta-a_": {"2"}}, "x", "SharedKey",
			"PUT\n\n\n1\n\n\n\n\n\n\n\n\nx-ms-blob-type:BlockBlob\nx-ms-date:{date}\nx-ms-meta-a0:1\nx-ms-meta-a_:2\nx-ms-version:2021-12-02\n/{account}/{account}/data/order"},
		{"headers with _ below digits", "PUT", "data/order", http.Header{"x-ms-date": {"{date}"}, "x-ms-version": {"2021-12-02"}, "x-ms-blob-type": {"BlockBlob"}, "x-ms-meta-a0": {"1"}, "x-ms-meta-a_": {"2"}}, "x", "SharedKey",
			"PUT\n\n\n1\n\n\n\n\n\n\n\n\nx-ms-blob-type:BlockBlob\nx-ms-date:{date}\nx-ms-meta-a_:2\nx-ms-meta-a0:1\nx-ms-version:2021-12-02\n/{account}/{account}/data/order"},
	} {
		date := time.Now().UTC().Format(http.TimeFormat)
		replace := strings.NewReplacer("{date}", date, "{account}", w.account)
		header := http.Header{}
		for name, v := range c.header {
			header[name] = []string{replace.Replace(v[0])}
		}
		r := w.plain(c.method, c.target, header, strings.NewReader(c.body))
		str := replace.Replace(c.str)
		r.Header.Set("Authorization", c.scheme+" "+w.account+":"+w.hmacOf(str))
		if a := w.do(r); a.StatusCode >= 300 {
			t.Errorf("%s: %s %s", c.name, a.Status, a.body)
		}
		r = w.plain(c.method, c.target, header, strings.NewReader(c.body))
		r.Header.Set("Authorization", c.scheme+" "+w.account+":"+w.hmacOf(str+" "))
		e := w.wantError(c.name+", damaged", w.do(r), 403, "AuthenticationFailed")
		if len(e.Fields) != 1 || !strings.Contains(e.Fields[0].Text, "Server used following string to sign") {
			t.Errorf("%s: the detail is %+v", c.name, e.Fields)
		}
	}
}

func TestClockSkew(t *testing.T) {
	w := newWire(t)
	for skew, status := range map[time.Duration]int{-16 * time.Minute: 403, -14 * time.Minute: 200, 14 * time.Minute: 200, 16 * time.Minute: 403} {
		date := time.Now().Add(skew).UTC().Format(http.TimeFormat)
		r := w.plain("GET", "data/digits", http.Header{"x-ms-date": {date}, "x-ms-version": {"2021-12-02"}}, nil)
		r.Header.Set("Authorization", "SharedKey "+w.account+":"+w.hmacOf("GET\n\n\n\n\n\n\n\n\n\n\n\nx-ms-date:"+date+"\nx-ms-version:2021-12-02\n/"+w.account+"/"+w.account+"/data/digits"))
		if a := w.do(r); a.StatusCode != status {
			t.Errorf("%s away: %s %s", skew, a.Status, a.body)
		}
	}
}

func TestCredentialsThatAreNone(t *testing.T) {
	w := newWire(t)
	now := time.Now().UTC().Format(http.TimeFormat)
	for name, c := range map[string]struct {
		authorization, date string
		status              int
		code                string
	}{
		"none":            {"", now, 401, "NoAuthenticationInformation"},
		"a token":         {"Bearer abc", now, 401, "InvalidAuthenticationInfo"},
		"no signature":    {"SharedKey " + w.account, now, 400, "InvalidAuthenticationInfo"},
		"unknown scheme":  {"Digest " + w.account + ":AAAA", now, 400, "InvalidAuthenticationInfo"},
		"another account": {"SharedKey other:AAAA", now, 403, "AuthenticationFailed"},
		"not base64":      {"SharedKey " + w.account + ":!", now, 403, "AuthenticationFailed"},
		"no date":         {"SharedKey " + w.account + ":AAAA", "", 403, "AuthenticationFailed"},
		"no such date":    {"SharedKey " + w.account + ":AAAA", "today", 403, "AuthenticationFailed"},
	} {
		r := w.plain("GET", "data/digits", http.Header{"x-ms-version": {"2021-12-02"}}, nil)
		if c.authorization != "" {
			r.Header.Set("Authorization", c.authorization)
		}
		if c.date != "" {
			r.Header.Set("x-ms-date", c.date)
		}
		w.wantError(name, w.do(r), c.status, c.code)
	}
}

// signed makes a call with a signature of those parameters, whose string-to-sign is given.
func (w *wire) signed(method, target string, parameters url.Values, stringToSign string) *http.Request {
	w.Helper()
	parameters.Set("sig", w.hmacOf(stringToSign))
	r := w.plain(method, target, http.Header{"x-ms-blob-type": {"BlockBlob"}}, nil)
	if r.URL.RawQuery != "" {
		r.URL.RawQuery += "&"
	}
	r.URL.RawQuery += parameters.Encode()
	return r
}

// TestSASGenerations holds what a shared access signature signs, in each generation, word for word.
func TestSASGenerations(t *testing.T) {
	w := newWire(t)
	later := time.Now().Add(time.Hour).UTC().Format("2006-01-02T15:04:05Z")
	replace := strings.NewReplacer("{se}", later, "{account}", w.account)
	for name, c := range map[string]struct{ target, query, str string }{
		"service 2012":            {"data/digits", "sv=2012-02-12&sr=b&sp=r&se={se}", "r\n\n{se}\n/{account}/data/digits\n\n2012-02-12"},
		"service 2013":            {"data/digits", "sv=2013-08-15&sr=b&sp=r&se={se}&rsct=text/x", "r\n\n{se}\n/{account}/data/digits\n\n2013-08-15\n\n\n\n\ntext/x"},
		"service 2014":            {"data/digits", "sv=2014-02-14&sr=c&sp=r&se={se}", "r\n\n{se}\n/{account}/data\n\n2014-02-14\n\n\n\n\n"},
		"service 2015-02":         {"data/digits", "sv=2015-02-21&sr=b&sp=r&se={se}", "r\n\n{se}\n/blob/{account}/data/digits\n\n2015-02-21\n\n\n\n\n"},
		"service 2015-04":         {"data/digits", "sv=2015-04-05&sr=b&sp=r&se={se}&sip=127.0.0.1&spr=https,http", "r\n\n{se}\n/blob/{account}/data/digits\n\n127.0.0.1\nhttps,http\n2015-04-05\n\n\n\n\n"},
		"service 2018":            {"data/digits", "sv=2018-11-09&sr=b&sp=r&se={se}&st=2020-01-01", "r\n2020-01-01\n{se}\n/blob/{account}/data/digits\n\n\n\n2018-11-09\nb\n\n\n\n\n\n"},
		"service 2020, scope":     {"data/digits", "sv=2020-12-06&sr=b&sp=r&se={se}&ses=scope", "r\n\n{se}\n/blob/{account}/data/digits\n\n\n\n2020-12-06\nb\n\nscope\n\n\n\n\n"},
		"service 2020, container": {"data?restype=container&comp=list", "sv=2020-12-06&sr=c&sp=rl&se={se}", "rl\n\n{se}\n/blob/{account}/data\n\n\n\n2020-12-06\nc\n\n\n\n\n\n\n"},
		"account 2015":            {"data/digits", "sv=2015-04-05&ss=b&srt=o&sp=r&se={se}", "{account}\nr\nb\no\n\n{se}\n\n\n2015-04-05\n"},
		"account 2018":            {"data/digits", "sv=2018-11-09&ss=bqtf&srt=sco&sp=rwdlac&se={se}&sip=127.0.0.0-127.0.0.9", "{account}\nrwdlac\nbqtf\nsco\n\n{se}\n127.0.0.0-127.0.0.9\n\n2018-11-09\n"},
		"account 2020, scope":     {"data/digits", "sv=2020-12-06&ss=b&srt=o&sp=r&se={se}&ses=scope", "{account}\nr\nb\no\n\n{se}\n\n\n2020-12-06\nscope\n"},
	} {
		parameters, err := url.ParseQuery(replace.Replace(c.query))
		if err != nil {
			t.Fatal(err)
		}
		str := replace.Replace(c.str)
		a := w.do(w.signed("GET", c.target, parameters, str))
		if a.StatusCode != http.StatusOK {
			t.Errorf("%s: %s %s", name, a.Status, a.body)
		}
		if want := parameters.Get("rsct"); want != "" && a.Header.Get("Content-Type") != want {
			t.Errorf("%s: the content type is %s", name, a.Header.Get("Content-Type"))
		}
		w.wantError(name+", damaged", w.do(w.signed("GET", c.target, parameters, str+"x")), 403, "AuthenticationFailed")
	}
	unsigned, err := url.ParseQuery(replace.Replace("sv=2012-02-12&sr=b&sp=r&se={se}&rsct=text/x"))
	if err != nil {
		t.Fatal(err)
	}
	a := w.do(w.signed("GET", "data/digits", unsigned, replace.Replace("r\n\n{se}\n/{account}/data/digits\n\n2012-02-12")))
	if a.StatusCode != http.StatusOK || a.Header.Get("Content-Type") == "text/x" {
		t.Errorf("a header that was not signed was taken: %s %v", a.Status, a.Header)
	}
}

// TestSASRules holds each rule of a signature whose MAC is right.
func TestSASRules(t *testing.T) {
	w := newWire(t)
	at := func(d time.Duration, form string) string { return time.Now().Add(d).UTC().Format(form) }
	full := "2006-01-02T15:04:05Z"
	for name, c := range map[string]struct {
		change map[string]string
		status int
		code   string
	}{
		"as it is":                  {nil, 200, ""},
		"a minute's time":           {map[string]string{"se": at(time.Hour, "2006-01-02T15:04Z")}, 200, ""},
		"a day's time":              {map[string]string{"se": at(48*time.Hour, "2006-01-02")}, 200, ""},
		"a fraction's time":         {map[string]string{"se": at(time.Hour, "2006-01-02T15:04:05.0000000Z")}, 200, ""},
		"expired":                   {map[string]string{"se": at(-time.Second, full)}, 403, "AuthenticationFailed"},
		"not begun":                 {map[string]string{"st": at(time.Minute, full)}, 403, "AuthenticationFailed"},
		"local time":                {map[string]string{"se": at(time.Hour, "2006-01-02T15:04:05+01:00")}, 403, "AuthenticationFailed"},
		"no expiry":                 {map[string]string{"se": ""}, 403, "AuthenticationFailed"},
		"no permissions":            {map[string]string{"sp": ""}, 403, "AuthenticationFailed"},
		"no version":                {map[string]string{"sv": ""}, 403, "AuthenticationFailed"},
		"no such version":           {map[string]string{"sv": "newest"}, 403, "AuthenticationFailed"},
		"older than any":            {map[string]string{"sv": "2011-08-18"}, 403, "AuthenticationFailed"},
		"newer than any":            {map[string]string{"sv": "2099-01-01"}, 200, ""},
		"a directory's":             {map[string]string{"sr": "d", "sdd": "1"}, 403, "AuthenticationFailed"},
		"a snapshot's":              {map[string]string{"sr": "bs"}, 403, "AuthenticationFailed"},
		"a stored policy's":         {map[string]string{"si": "policy"}, 403, "AuthenticationFailed"},
		"a user delegation's":       {map[string]string{"skoid": "x"}, 403, "AuthenticationFailed"},
		"another address":           {map[string]string{"sip": "10.0.0.1"}, 403, "AuthorizationSourceIPMismatch"},
		"addresses around":          {map[string]string{"sip": "127.0.0.0-127.0.0.255"}, 200, ""},
		"addresses beside":          {map[string]string{"sip": "127.0.0.2-127.0.0.9"}, 403, "AuthorizationSourceIPMismatch"},
		"no address":                {map[string]string{"sip": "localhost"}, 403, "AuthorizationSourceIPMismatch"},
		"https only":                {map[string]string{"spr": "https"}, 403, "AuthorizationProtocolMismatch"},
		"both protocols":            {map[string]string{"spr": "https,http"}, 200, ""},
		"unknown protocol":          {map[string]string{"spr": "ftp"}, 403, "AuthenticationFailed"},
		"writing":                   {map[string]string{"sp": "w"}, 403, "AuthorizationPermissionMismatch"},
		"reading among the letters": {map[string]string{"sp": "racwd"}, 200, ""},
	} {
		q := url.Values{"sv": {"2020-12-06"}, "sr": {"b"}, "sp": {"r"}, "se": {at(time.Hour, full)}}
		for k, v := range c.change {
			q.Set(k, v)
		}
		str := strings.Join([]string{q.Get("sp"), q.Get("st"), q.Get("se"), "/blob/" + w.account + "/data/digits", q.Get("si"), q.Get("sip"), q.Get("spr"), q.Get("sv"), q.Get("sr"), "", "", "", "", "", "", ""}, "\n")
		a := w.do(w.signed("GET", "data/digits", q, str))
		if c.code == "" && a.StatusCode != c.status {
			t.Errorf("%s: %s %s", name, a.Status, a.body)
		}
		if c.code != "" {
			w.wantError(name, a, c.status, c.code)
		}
	}
}

// A signature for HTTPS only is good over HTTPS.
func TestHTTPSOnly(t *testing.T) {
	w := newWire(t)
	secure := httptest.NewTLSServer(w.server)
	t.Cleanup(secure.Close)
	later := time.Now().Add(time.Hour).UTC().Format("2006-01-02T15:04:05Z")
	q := url.Values{"sv": {"2020-12-06"}, "sr": {"b"}, "sp": {"r"}, "se": {later}, "spr": {"https"}}
	r := w.signed("GET", "data/digits", q, strings.Join([]string{"r", "", later, "/blob/" + w.account + "/data/digits", "", "", "https", "2020-12-06", "b", "", "", "", "", "", "", ""}, "\n"))
	w.wantError("over HTTP", w.do(r), 403, "AuthorizationProtocolMismatch")
	r.URL.Scheme, r.URL.Host = "https", strings.TrimPrefix(secure.URL, "https://")
	resp, err := secure.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(resp.Body)
	if err := errors.Join(err, resp.Body.Close()); err != nil || string(body) != "0123456789" {
		t.Errorf("got %s %s, %v", resp.Status, body, err)
	}
}

// The permission to create allows what was not there, and no more.
func TestCreateOnly(t *testing.T) {
	w := newWire(t)
	token := w.server.SignBlob("data", "new", "c", time.Now().Add(time.Hour))
	put := func() *http.Request {
		r := w.plain("PUT", "data/new", http.Header{"x-ms-blob-type": {"BlockBlob"}}, strings.NewReader("x"))
		r.URL.RawQuery = token[1:]
		return r
	}
	if a := w.do(put()); a.StatusCode != http.StatusCreated {
		t.Fatal(a.body)
	}
	w.wantError("again", w.do(put()), 403, "UnauthorizedBlobOverwrite")
}

func TestWrongMasterKey(t *testing.T) {
	dir := t.TempDir()
	start(t, inFolder(t, dir))
	c := config(t, inFolder(t, t.TempDir()))
	other := config(t, inFolder(t, dir))
	other.Keeper = otherKeeper(t)
	if _, err := server.New(t.Context(), other); err == nil || !strings.Contains(err.Error(), "another master key") {
		t.Errorf("got %v", err)
	}
	c.Workspace = ""
	if _, err := server.New(t.Context(), c); err == nil {
		t.Error("an account without a workspace was opened")
	}
}

// TestWhoMayNot walks the operations: each is refused to nobody, and to a
// signature that lacks its permission, its resource type or the service.
func TestWhoMayNot(t *testing.T) {
	w := newWire(t)
	const all = "rwdlacupiytfx"
	without := func(letters string) string {
		return strings.Map(func(r rune) rune {
			if strings.ContainsRune(letters, r) {
				return -1
			}
			return r
		}, all)
	}
	later := time.Now().Add(time.Hour).UTC().Format("2006-01-02T15:04:05Z")
	for _, op := range server.OperationRows() {
		for _, method := range op.Methods {
			name := method + " " + op.Path + "?" + op.Query
			call := func(who string, q url.Values, str string, status int, code string) {
				t.Helper()
				target := op.Path + "?" + strings.TrimSuffix(op.Query, "&")
				r := w.plain(method, target, nil, nil)
				if q != nil {
					r = w.signed(method, target, q, str)
				}
				w.wantError(name+" by "+who, w.do(r), status, code)
			}
			byAccount := func(who, services, types, permissions, code string) {
				t.Helper()
				q := url.Values{"sv": {"2020-12-06"}, "ss": {services}, "srt": {types}, "sp": {permissions}, "se": {later}}
				call(who, q, strings.Join([]string{w.account, permissions, services, types, "", later, "", "", "2020-12-06", "", ""}, "\n"), 403, code)
			}
			call("nobody", nil, "", 401, "NoAuthenticationInformation")
			byAccount("an account's signature for queues", "q", "sco", all, "AuthorizationServiceMismatch")
			if others := strings.Map(func(r rune) rune {
				if strings.ContainsRune(op.Types, r) {
					return -1
				}
				return r
			}, "sco"); others != "" {
				byAccount("an account's signature for other resources", "b", others, all, "AuthorizationResourceTypeMismatch")
			}
			if rest := without(op.Account); rest != "" {
				byAccount("an account's signature", "b", op.Types, rest, "AuthorizationPermissionMismatch")
			}
			if rest := without(op.Service); rest != "" && op.Path != "" {
				q := url.Values{"sv": {"2020-12-06"}, "sr": {"c"}, "sp": {rest}, "se": {later}}
				call("a container's signature", q, strings.Join([]string{rest, "", later, "/blob/" + w.account + "/data", "", "", "", "2020-12-06", "c", "", "", "", "", "", "", ""}, "\n"), 403, "AuthorizationPermissionMismatch")
			}
		}
	}
}
