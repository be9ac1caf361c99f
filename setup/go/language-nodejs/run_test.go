package main

import (
	"context"
	"os/exec"
	"slices"
	"testing"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/protobuf/types/known/structpb"
)

func TestRunArgs(t *testing.T) {
	got := runArgs("engine:1", &pulumirpc.RunRequest{
		MonitorAddress: "monitor:2", Organization: "org", Project: "proj", Stack: "dev", Pwd: "/p", Parallel: 4, DryRun: true,
		Args: []string{"--own", "x"}, Info: &pulumirpc.ProgramInfo{RootDirectory: "/p", EntryPoint: "main.ts"},
	})
	want := []string{
		"--monitor", "monitor:2", "--engine", "engine:1", "--organization", "org", "--project", "proj", "--stack", "dev",
		"--root-directory", "/p", "--pwd", "/p", "--parallel", "4", "--dry-run", "main.ts", "--own", "x",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	got = runArgs("engine:1", &pulumirpc.RunRequest{MonitorAddress: "monitor:2"})
	if want := []string{"--monitor", "monitor:2", "--engine", "engine:1", "."}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestConfigEnv(t *testing.T) {
	for name, test := range map[string]struct {
		req  *pulumirpc.RunRequest
		want []string
	}{
		"settings": {
			&pulumirpc.RunRequest{Config: map[string]string{"p:a": `{"b":1}`}, ConfigSecretKeys: []string{"p:a"}},
			[]string{`PULUMI_CONFIG={"p:a":"{\"b\":1}"}`, `PULUMI_CONFIG_SECRET_KEYS=["p:a"]`},
		},
		"none": {&pulumirpc.RunRequest{}, []string{"PULUMI_CONFIG={}", "PULUMI_CONFIG_SECRET_KEYS=[]"}},
	} {
		if got, err := configEnv(test.req); err != nil || !slices.Equal(got, test.want) {
			t.Errorf("%s: got %q (%v), want %q", name, got, err, test.want)
		}
	}
}

func TestNodeOptions(t *testing.T) {
	h := &host{alive: context.Background()}
	command := func(options map[string]any) *exec.Cmd {
		values, err := structpb.NewStruct(options)
		if err != nil {
			t.Fatal(err)
		}
		cmd, free := h.node(context.Background(), &pulumirpc.ProgramInfo{Options: values}, "script")
		free()
		return cmd
	}
	cmd := command(map[string]any{"nodeargs": "--inspect  --import=x", "typescript": false, "tsconfig": "ts.json"})
	if want := []string{"node", "--inspect", "--import=x", "script"}; !slices.Equal(cmd.Args, want) {
		t.Errorf("got %q, want %q", cmd.Args, want)
	}
	for _, want := range []string{"PULUMI_NODEJS_TYPESCRIPT=false", "PULUMI_NODEJS_TSCONFIG_PATH=ts.json"} {
		if !slices.Contains(cmd.Env, want) {
			t.Errorf("no %s in the environment", want)
		}
	}
	if cmd := command(nil); !slices.Contains(cmd.Env, "PULUMI_NODEJS_TYPESCRIPT=true") {
		t.Error("TypeScript is not on unless asked for")
	}
}

func TestPluginCommand(t *testing.T) {
	req := &pulumirpc.RunPluginRequest{
		Pwd: "/stack", Kind: "analyzer", Args: []string{"-v=9", "engine:1"}, Info: &pulumirpc.ProgramInfo{ProgramDirectory: "/pack"},
	}
	script, args, dir := pluginCommand("engine:1", req)
	if script != "run-policy-pack" || !slices.Equal(args, []string{"engine:1", "/pack"}) || dir != "/pack" {
		t.Errorf("policy pack: got %s %q in %s", script, args, dir)
	}
	req.Kind = "resource"
	script, args, dir = pluginCommand("engine:1", req)
	if script != "run-plugin" || !slices.Equal(args, []string{"/pack", "-v=9", "engine:1"}) || dir != "/stack" {
		t.Errorf("provider: got %s %q in %s", script, args, dir)
	}
}

func TestOutcome(t *testing.T) {
	end := func(script string) *pulumirpc.RunResponse { return outcome(exec.Command("sh", "-c", script).Run()) }
	if got := end("exit 0"); got.GetError() != "" || got.GetBail() {
		t.Errorf("success: %v", got)
	}
	if got := end("exit 32"); got.GetError() != "" || !got.GetBail() {
		t.Errorf("already reported: %v", got)
	}
	for _, script := range []string{"exit 7", "kill -9 $$"} {
		if got := end(script); got.GetError() == "" || got.GetBail() {
			t.Errorf("%s: %v", script, got)
		}
	}
	if got := outcome(exec.Command("/no/such/node").Run()); got.GetError() == "" {
		t.Error("a Node.js that is missing is no error")
	}
}
