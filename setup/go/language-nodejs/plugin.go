package main

import (
	"errors"
	"os/exec"
	"sync"
	"time"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc"
)

// RunPlugin runs a policy pack, or another plugin that is written for Node.js, until the engine ends the call.
func (h *host) RunPlugin(req *pulumirpc.RunPluginRequest, to grpc.ServerStreamingServer[pulumirpc.RunPluginResponse]) error {
	script, args, dir := pluginCommand(h.engine, req)
	path, err := sdkScript(req.GetInfo().GetProgramDirectory(), script)
	if err != nil {
		return err
	}
	cmd, free := h.node(to.Context(), req.GetInfo(), append([]string{path}, args...)...)
	defer free()
	cmd.Dir = dir
	cmd.Env = append(cmd.Env, req.GetEnv()...)
	out := &outputs{
		stdout: func(p []byte) error {
			return to.Send(&pulumirpc.RunPluginResponse{Output: &pulumirpc.RunPluginResponse_Stdout{Stdout: p}})
		},
		stderr: func(p []byte) error {
			return to.Send(&pulumirpc.RunPluginResponse{Output: &pulumirpc.RunPluginResponse_Stderr{Stderr: p}})
		},
	}
	var exit *exec.ExitError
	if err := out.run(cmd); errors.As(err, &exit) {
		code := int32(exit.ExitCode())
		return to.Send(&pulumirpc.RunPluginResponse{Output: &pulumirpc.RunPluginResponse_Exitcode{Exitcode: code}})
	} else if err != nil {
		return err
	}
	return nil
}

// pluginCommand is the SDK's script for a kind of plugin, its arguments, and the directory it runs in.
func pluginCommand(engine string, req *pulumirpc.RunPluginRequest) (script string, args []string, dir string) {
	program := req.GetInfo().GetProgramDirectory()
	if req.GetKind() == "analyzer" {
		// The script looks for the pack's tsconfig.json where it runs. The engine's other arguments are about logs and traces,
		// and the script would take them for its own.
		return "run-policy-pack", []string{engine, program}, program
	}
	return "run-plugin", append([]string{program}, req.GetArgs()...), req.GetPwd()
}

func (h *host) InstallDependencies(
	req *pulumirpc.InstallDependenciesRequest, to grpc.ServerStreamingServer[pulumirpc.InstallDependenciesResponse],
) error {
	cmd := exec.CommandContext(to.Context(), "npm", "install")
	cmd.Dir = req.GetInfo().GetProgramDirectory()
	out := &outputs{
		stdout: func(p []byte) error { return to.Send(&pulumirpc.InstallDependenciesResponse{Stdout: p}) },
		stderr: func(p []byte) error { return to.Send(&pulumirpc.InstallDependenciesResponse{Stderr: p}) },
	}
	return out.run(cmd)
}

// outputs sends what a process writes to the engine. One lock for both, because a gRPC stream takes one message at a time.
type outputs struct {
	stdout, stderr func([]byte) error
	lock           sync.Mutex
}

func (o *outputs) run(cmd *exec.Cmd) error {
	cmd.Stdout, cmd.Stderr = o.writer(o.stdout), o.writer(o.stderr)
	cmd.WaitDelay = time.Second // a child that kept the pipes open must not keep the call open
	return cmd.Run()
}

func (o *outputs) writer(send func([]byte) error) writer {
	return func(p []byte) (int, error) {
		o.lock.Lock()
		defer o.lock.Unlock()
		return len(p), send(p)
	}
}

type writer func([]byte) (int, error)

func (w writer) Write(p []byte) (int, error) { return w(p) }
