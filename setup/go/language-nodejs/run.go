package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

// exitReported is how the Node.js SDK ends when it has told the user itself what went wrong.
const exitReported = 32

// node prepares a process that ends with ctx and with this host, and takes the runtime's options of Pulumi.yaml into
// account. The returned function frees what guards it.
func (h *host) node(ctx context.Context, info *pulumirpc.ProgramInfo, args ...string) (*exec.Cmd, context.CancelFunc) {
	ctx, kill := context.WithCancel(ctx)
	unguard := context.AfterFunc(h.alive, kill)

	options := info.GetOptions().AsMap()
	flags, _ := options["nodeargs"].(string)
	cmd := exec.CommandContext(ctx, "node", append(strings.Fields(flags), args...)...)

	typescript, set := options["typescript"].(bool)
	cmd.Env = append(os.Environ(), "PULUMI_NODEJS_TYPESCRIPT="+strconv.FormatBool(typescript || !set))
	if tsconfig, _ := options["tsconfig"].(string); tsconfig != "" {
		cmd.Env = append(cmd.Env, "PULUMI_NODEJS_TSCONFIG_PATH="+tsconfig)
	}
	return cmd, func() { unguard(); kill() }
}

func (h *host) Run(ctx context.Context, req *pulumirpc.RunRequest) (*pulumirpc.RunResponse, error) {
	script, err := sdkScript(req.GetInfo().GetProgramDirectory(), "run")
	if err != nil {
		return &pulumirpc.RunResponse{Error: err.Error()}, nil
	}
	settings, err := configEnv(req)
	if err != nil {
		return nil, err
	}
	cmd, free := h.node(ctx, req.GetInfo(), append([]string{script}, runArgs(h.engine, req)...)...)
	defer free()
	cmd.Dir = req.GetPwd()
	cmd.Env = append(cmd.Env, settings...)
	// The process writes straight to the streams that the engine shows, so nothing is lost when it is killed.
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	return outcome(cmd.Run()), nil
}

// runArgs are the arguments of the SDK's run script.
func runArgs(engine string, req *pulumirpc.RunRequest) []string {
	var args []string
	add := func(flag, value string) {
		if value != "" {
			args = append(args, "--"+flag, value)
		}
	}
	add("monitor", req.GetMonitorAddress())
	add("engine", engine)
	add("organization", req.GetOrganization())
	add("project", req.GetProject())
	add("stack", req.GetStack())
	add("root-directory", req.GetInfo().GetRootDirectory())
	add("pwd", req.GetPwd())
	if req.GetParallel() > 0 {
		add("parallel", strconv.Itoa(int(req.GetParallel())))
	}
	if req.GetDryRun() {
		args = append(args, "--dry-run")
	}
	args = append(args, cmp.Or(req.GetInfo().GetEntryPoint(), "."))
	return append(args, req.GetArgs()...)
}

// configEnv hands the stack's settings over in the environment, where other users of the machine cannot read them.
func configEnv(req *pulumirpc.RunRequest) ([]string, error) {
	config := req.GetConfig()
	if config == nil {
		config = map[string]string{} // the SDK wants an object, and null is none
	}
	values, err := json.Marshal(config)
	if err != nil {
		return nil, err
	}
	secrets, err := json.Marshal(append([]string{}, req.GetConfigSecretKeys()...))
	if err != nil {
		return nil, err
	}
	return []string{"PULUMI_CONFIG=" + string(values), "PULUMI_CONFIG_SECRET_KEYS=" + string(secrets)}, nil
}

// outcome tells the engine how the program ended. Bail means that there is nothing to add to what the user has read.
func outcome(err error) *pulumirpc.RunResponse {
	var exit *exec.ExitError
	switch {
	case err == nil:
		return &pulumirpc.RunResponse{}
	case !errors.As(err, &exit):
		return &pulumirpc.RunResponse{Error: fmt.Sprintf("cannot start Node.js: %v", err)}
	case exit.ExitCode() == exitReported:
		return &pulumirpc.RunResponse{Bail: true}
	default:
		return &pulumirpc.RunResponse{Error: fmt.Sprintf("the program ended early: %v", exit)}
	}
}
