// Command pulumi-language-nodejs runs Node.js programs and plugins for the Pulumi engine. It does as much of the engine's
// language protocol as deploying a project takes, for machines that cannot download the official language host.
package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/util/rpcutil"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/emptypb"
)

// version is that of the protocol: the Pulumi SDK's in go.mod.
const version = "3.256.0"

// engineCheck is how long this process outlives an engine that was killed. What it runs ends at once with the engine's calls.
const engineCheck = 10 * time.Second

type host struct {
	pulumirpc.UnimplementedLanguageRuntimeServer

	engine string          // where the engine listens
	alive  context.Context // done when this process has to end
}

func main() {
	if err := serve(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "pulumi-language-nodejs:", err)
		os.Exit(1)
	}
}

func serve(args []string) error {
	if len(args) == 0 {
		return fmt.Errorf("the engine starts this program, with its address as the last argument")
	}
	alive, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	h := &host{engine: args[len(args)-1], alive: alive}
	if err := rpcutil.Healthcheck(alive, h.engine, engineCheck, stop); err != nil {
		return err
	}
	end := make(chan bool)
	context.AfterFunc(alive, func() { close(end) })
	server, err := rpcutil.ServeWithOptions(rpcutil.ServeOptions{
		Cancel: end,
		Init: func(s *grpc.Server) error {
			pulumirpc.RegisterLanguageRuntimeServer(s, h)
			return nil
		},
	})
	if err != nil {
		return err
	}
	fmt.Println(server.Port) // the engine reads the first line as the port, all others as the program's output
	return <-server.Done
}

func (h *host) Handshake(context.Context, *pulumirpc.LanguageHandshakeRequest) (*pulumirpc.LanguageHandshakeResponse, error) {
	return &pulumirpc.LanguageHandshakeResponse{}, nil
}

func (h *host) GetPluginInfo(context.Context, *emptypb.Empty) (*pulumirpc.PluginInfo, error) {
	return &pulumirpc.PluginInfo{Version: version}, nil
}

// Cancel has nothing to do: the engine cancels its calls as well, and what they run ends with them.
func (h *host) Cancel(context.Context, *emptypb.Empty) (*emptypb.Empty, error) {
	return &emptypb.Empty{}, nil
}

func (h *host) About(ctx context.Context, _ *pulumirpc.AboutRequest) (*pulumirpc.AboutResponse, error) {
	path, err := exec.LookPath("node")
	if err != nil {
		return nil, err
	}
	out, err := exec.CommandContext(ctx, path, "--version").Output()
	return &pulumirpc.AboutResponse{Executable: path, Version: strings.TrimSpace(string(out))}, err
}
