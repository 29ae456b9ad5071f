package config

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"

	"github.com/knadh/koanf/parsers/yaml"
	"github.com/knadh/koanf/providers/env/v2"
	"github.com/knadh/koanf/providers/file"
	"github.com/knadh/koanf/v2"
	"github.com/spf13/pflag"

	"portico/internal/fault"
)

// nesting joins the keys of nested maps in the file: "gateway: {addr: …}" is gateway-addr.
const nesting = "-"

const envPrefix = "PORTICO_"

// otherCommands are the keys of variables that are no settings of serve.
var otherCommands = []string{"token"}

// Flags declares every setting, and --config, on a flag set.
func Flags(flags *pflag.FlagSet) {
	flags.String("config", "", "YAML file with any of these settings; PORTICO_* variables go over it, flags over both")
	for _, s := range settings() {
		if s.boolean {
			flags.Bool(s.key, s.def == "true", s.help)
			continue
		}
		flags.String(s.key, s.def, s.help)
	}
}

// Load reads the file that --config names, the environment and the flags. Its
// error is a fault.Invalid that holds every problem found.
func Load(flags *pflag.FlagSet, environ []string) (*Config, error) {
	problems := fault.New(fault.Invalid, "Portico cannot start with these settings")
	rows := settings()
	known := func(key string) bool {
		return slices.ContainsFunc(rows, func(s setting) bool { return s.key == key })
	}
	fromEnv, file := envValues(environ, known, problems)
	if f := flags.Lookup("config"); f != nil && f.Changed {
		file = f.Value.String()
	}
	sources := []source{{"file", fileValues(file, known, problems)}, {"environment", fromEnv}, {"flag", flagValues(flags)}}
	c := &Config{}
	for _, s := range rows {
		value, from := s.def, "default"
		for _, src := range sources {
			if v, ok := src.values[s.key]; ok {
				value, from = v, src.name
			}
		}
		if err := s.set(c, value); err != nil {
			problems.With("", s.key, "%s (from the %s)", err, from)
		}
		if s.shown != nil {
			value = s.shown(value)
		}
		c.effective = append(c.effective, Effective{Key: s.key, Value: value, Source: from})
	}
	c.check(problems)
	c.takeSockets(environ, os.Getpid())
	return c, problems.OrNil()
}

type source struct {
	name   string
	values map[string]string
}

func fileValues(path string, known func(string) bool, problems *fault.Error) map[string]string {
	if path == "" {
		return nil
	}
	k := koanf.New(nesting)
	if err := k.Load(file.Provider(path), yaml.Parser()); err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			err = fmt.Errorf("there is no file %s", path)
		}
		problems.With("", "config", "%s", err)
		return nil
	}
	values := map[string]string{}
	for key, v := range k.All() {
		if !known(key) {
			problems.With("", key, "%s has no meaning in %s: see portico serve --help for the settings", key, path)
			continue
		}
		values[key] = plain(v)
	}
	return values
}

// plain is a YAML value as the command line would give it.
func plain(v any) string {
	if items, ok := v.([]any); ok {
		words := make([]string, len(items))
		for i, item := range items {
			words[i] = fmt.Sprint(item)
		}
		return strings.Join(words, ",")
	}
	return fmt.Sprint(v)
}

// envValues reads the PORTICO_* variables. PORTICO_CONFIG names the file; those
// that only other commands take are left to them.
func envValues(environ []string, known func(string) bool, problems *fault.Error) (values map[string]string, file string) {
	k := koanf.New(nesting)
	err := k.Load(env.Provider(nesting, env.Opt{
		Prefix:      envPrefix,
		EnvironFunc: func() []string { return environ },
		TransformFunc: func(name, v string) (string, any) {
			return strings.ToLower(strings.ReplaceAll(strings.TrimPrefix(name, envPrefix), "_", "-")), v
		},
	}), nil)
	if err != nil {
		problems.With("", envPrefix+"*", "%s", err)
	}
	values = map[string]string{}
	for key, v := range k.All() {
		if key == "config" {
			file = fmt.Sprint(v)
			continue
		}
		if slices.Contains(otherCommands, key) {
			continue
		}
		if !known(key) {
			problems.With("", envPrefix+strings.ToUpper(strings.ReplaceAll(key, "-", "_")), "the environment variable has no meaning: see portico serve --help for the settings")
			continue
		}
		values[key] = fmt.Sprint(v)
	}
	return values, file
}

func flagValues(flags *pflag.FlagSet) map[string]string {
	values := map[string]string{}
	flags.Visit(func(f *pflag.Flag) { values[f.Name] = f.Value.String() })
	return values
}
