package e2e_test

import (
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// TestGuide is the guide's request-response story: the demo's service called
// directly and through the gateway, the Starter limit, a crash, and all is found again.
func TestGuide(t *testing.T) {
	data := t.TempDir()
	p := start(t, data, "--demo")
	wantStatus(t, "directly", p.rrs(p.Scoring), 200, guideVector)
	wantStatus(t, "through the gateway", p.viaGateway(p.Demo.SubscriptionKey), 200, guideVector)

	// Starter: five calls a minute. Whether they succeed or not does not matter to the sixth.
	for i := range 5 {
		if a := p.viaGateway(p.Demo.StarterKey); a.status != 200 {
			t.Errorf("Starter call %d: got %d %s", i+1, a.status, a.body)
		}
	}
	sixth := p.viaGateway(p.Demo.StarterKey)
	wantStatus(t, "the sixth call", sixth, 429, "Rate limit is exceeded. Try again in ")
	if after := sixth.header.Get("Retry-After"); !strings.Contains(sixth.body, " "+after+" seconds.") {
		t.Errorf("Retry-After is %q and the body %s", after, sixth.body)
	}

	before := *p.Demo
	p.kill()
	p = start(t, data, "--demo")
	if *p.Demo != before {
		t.Errorf("after a crash the demo is %+v, before it was %+v", *p.Demo, before)
	}
	wantStatus(t, "directly, after a crash", p.rrs(p.Scoring), 200, guideVector)
	wantStatus(t, "through the gateway, after a crash", p.viaGateway(p.Demo.SubscriptionKey), 200, guideVector)
	if code := p.stop(); code != 0 {
		t.Errorf("SIGTERM gave exit code %d\n%s", code, p.out)
	}
}

// TestReadme runs the README's curl lines as they stand.
func TestReadme(t *testing.T) {
	readme, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(readme), "## The guide, in curl")
	_, block, _ := strings.Cut(section, "```sh\n")
	block, _, ok := strings.Cut(block, "```")
	if !ok {
		t.Fatal("README.md has no block of curl lines")
	}
	t.Chdir(t.TempDir())
	p := start(t, "data", "--demo") // the folder that make run gives it
	sh := exec.Command("bash", "-euo", "pipefail", "-c", block)
	out, err := sh.CombinedOutput()
	if err != nil || strings.Count(string(out), guideVector) != 2 {
		t.Errorf("the README's lines gave %v:\n%s\n%s", err, out, p.out)
	}
}

// TestPrintedCommandsWork runs what --demo prints.
func TestPrintedCommandsWork(t *testing.T) {
	p := start(t, t.TempDir(), "--demo")
	commands := 0
	for line := range strings.Lines(p.out.String()) {
		if line = strings.TrimSpace(line); !strings.HasPrefix(line, "curl ") {
			continue
		}
		commands++
		out, err := exec.Command("bash", "-c", line).CombinedOutput()
		if err != nil || !strings.Contains(string(out), guideVector) {
			t.Errorf("%s\ngave %v: %s", line, err, out)
		}
	}
	if commands < 2 {
		t.Errorf("the demo printed %d curl commands, want one directly and one through the gateway:\n%s", commands, p.out)
	}
}

func TestSettingsSurviveKill(t *testing.T) {
	data := t.TempDir()
	p := start(t, data)
	wantStatus(t, "PUT", p.arm(http.MethodPut, "/apis/kept", `{"properties":{"displayName":"Kept","path":"kept","protocols":["http"],"serviceUrl":"http://echoapi.cloudapp.net/api","subscriptionRequired":false}}`), 201)
	wantStatus(t, "PUT", p.arm(http.MethodPut, "/apis/kept/operations/get", `{"properties":{"displayName":"Get","method":"GET","urlTemplate":"/resource"}}`), 201)
	wantStatus(t, "call", p.call(http.MethodGet, p.Gateway+"/kept/resource", ""), 200)
	p.kill()
	p = start(t, data)
	wantStatus(t, "GET after a crash", p.arm(http.MethodGet, "/apis/kept", ""), 200, `"Kept"`)
	wantStatus(t, "call after a crash", p.call(http.MethodGet, p.Gateway+"/kept/resource", ""), 200)
}
