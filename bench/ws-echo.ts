/** The least that a WebSocket server can do, to compare with: it sends back what it is sent, or to everybody. */
import { WebSocketServer } from "ws";

const server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
server.on("listening", () => {
  const address = server.address();
  if (address !== null && typeof address === "object") process.stdout.write(`${address.port}\n`);
});
server.on("connection", (socket) => {
  socket.on("message", (data) => {
    const text = String(data);
    if (!text.startsWith("all ")) socket.send(text);
    else for (const client of server.clients) client.send(text);
  });
});
